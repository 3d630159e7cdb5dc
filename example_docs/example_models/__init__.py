"""Builder functions of the models on the gallery's pages: each returns an ordinary Keras model."""
