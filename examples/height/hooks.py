def postprocess(predictions):
    inches = round(predictions[0], 2)
    feet, rest = divmod(round(inches), 12)
    return {"prediction": {"height_inches": inches, "height_human_readable": f"{feet} foot, {rest} inches"}}
