"""Running models. The only package that imports a framework, and only in a process of that framework."""
