"""What serving may take of the machine: cores, memory, time, and who computes now."""
