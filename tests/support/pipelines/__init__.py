"""The two hosts of pipelines, as far as this project's own steps use them."""
