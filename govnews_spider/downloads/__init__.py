"""Download handlers: the network, a gateway or archives; what they fetch is archived."""
