"""The local workspace: the vendors' control planes over HTTP, everything behind them real."""
