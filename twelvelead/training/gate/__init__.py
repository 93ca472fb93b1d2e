"""Training of the network by which the gate tells what a picture shows."""
