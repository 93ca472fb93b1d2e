"""What loads and runs a network: ONNX Runtime here, Keras and PyTorch in processes of their own."""
