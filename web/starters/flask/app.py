import os
import socket

from flask import Flask, jsonify, render_template

app = Flask(__name__)


@app.route("/")
def index():
    return render_template("index.html", host=socket.gethostname())


@app.route("/api/hello")
def hello():
    return jsonify(message="Hello from Flask", host=socket.gethostname())


@app.route("/health")
def health():
    return "ok"


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=int(os.environ.get("PORT", "5000")))
