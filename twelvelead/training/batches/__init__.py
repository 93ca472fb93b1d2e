"""What a training run of beats sees: which beats, and how each is cut or drawn."""
