"""What the model itself answers, asked without the serving code. Started by ../baseline.py."""
