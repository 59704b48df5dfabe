"""The code that ships in every mlfn package: it turns events into answers of a model, a function or a WSGI app.

Standard library only at import; numpy, pandas and joblib come in when the model needs them. Python 3.9 to 3.14.
"""
