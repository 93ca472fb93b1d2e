"""What is asked of trained models beside their figures: shortcuts, leaky splits, repetition."""
