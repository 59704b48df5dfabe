from flask import Flask, jsonify

app = Flask(__name__)
COINS = {"quarters": 25, "dimes": 10, "nickels": 5, "pennies": 1}


@app.get("/")
def greeting():
    return "Hello! I make change: try /change/1/34"


@app.get("/change/<int:dollars>/<int:cents>")
def change(dollars, cents):
    rest = 100 * dollars + cents
    coins = []
    for name, worth in COINS.items():
        count, rest = divmod(rest, worth)
        if count:
            coins.append({str(count): name})
    return jsonify(coins)
