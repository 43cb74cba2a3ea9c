"""What the engines need from the world, as protocols; adapters and fakes stand behind them."""
