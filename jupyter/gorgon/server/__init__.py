"""The extension of a Jupyter server: it says in the browser what the kernels of this server cost and why one died."""
