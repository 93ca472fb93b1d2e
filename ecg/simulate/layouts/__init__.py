"""ECG pages as other programs, devices and screens draw them, to train and measure what tells pages apart."""
