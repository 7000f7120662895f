"""The methods of the contract, one coroutine each, talking to ports only."""
