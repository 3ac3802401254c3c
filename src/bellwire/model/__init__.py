"""What things are: frozen data, no input or output, no time, no chance."""
