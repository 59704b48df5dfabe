def echo(payload):
    if isinstance(payload, dict) and "msg" in payload:
        return {"response": payload["msg"], "success": True}
    return {"success": False}
