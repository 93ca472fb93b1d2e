"""What models are trained and measured on: pages, records, their splits. Below training and evaluation."""
