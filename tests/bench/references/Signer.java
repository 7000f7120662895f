import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.util.Base64;
import java.util.concurrent.Executors;

/**
 * What the portals' applets did: a key store over SunPKCS11, and SHA256withRSA.
 *
 * <p>Signer serve MODULE PORT: HTTP on loopback, the PIN on standard input. Signer applet MODULE PORT PIN: signs
 * once, says so to the TCP port of whoever started it, and stays as an applet stays in its page.
 */
public final class Signer {
    private final Provider provider;
    private final PrivateKey key;

    private Signer(String module, char[] pin) throws Exception {
        provider = Security.getProvider("SunPKCS11").configure("--name=bench\nlibrary=" + module + "\nslotListIndex=0");
        Security.addProvider(provider);
        KeyStore store = KeyStore.getInstance("PKCS11", provider);
        store.load(null, pin);
        key = (PrivateKey) store.getKey("authentication", null);
    }

    private byte[] sign(byte[] text) throws Exception {
        Signature signature = Signature.getInstance("SHA256withRSA", provider);
        signature.initSign(key);
        signature.update(text);
        return Base64.getEncoder().encode(signature.sign());
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("applet")) {
            applet(arguments[1], Integer.parseInt(arguments[2]), arguments[3]);
        } else {
            serve(arguments[1], Integer.parseInt(arguments[2]));
        }
    }

    private static void applet(String module, int port, String pin) throws Exception {
        byte[] signature = new Signer(module, pin.toCharArray()).sign("nonce".getBytes(StandardCharsets.UTF_8));
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            new PrintStream(socket.getOutputStream(), true).println(ProcessHandle.current().pid() + " " + signature.length);
        }
        Thread.sleep(Long.MAX_VALUE);
    }

    private static void serve(String module, int port) throws Exception {
        char[] pin = new BufferedReader(new InputStreamReader(System.in)).readLine().toCharArray();
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        Signer[] signer = new Signer[1];
        server.createContext("/", exchange -> {
            byte[] text = exchange.getRequestBody().readAllBytes();
            byte[] answer;
            try {
                synchronized (signer) {
                    if (signer[0] == null) {
                        signer[0] = new Signer(module, pin);
                    }
                }
                answer = signer[0].sign(text);
            } catch (Exception failure) {
                failure.printStackTrace();
                answer = new byte[0];
            }
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.start();
        System.out.println("ready");
    }
}
