"""One figure a module: speed, memory, load, growth."""
