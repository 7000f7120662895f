"""PKCS#11 modules, each in a worker process of its own."""
