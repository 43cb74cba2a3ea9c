"""What the engines share: the evidence an offer carries."""
