def marco(payload):
    return "Polo" if payload.get("name") == "Marco" else "No!"
