#!/usr/bin/env python3
"""A Nodepool driver for the Pebble cloud in one file: JSON lines on stdin and stdout (see exec-driver-protocol.md)."""
import json, os, sys, threading, time, urllib.error, urllib.request

URL, TOKEN = os.environ["PEBBLE_URL"].rstrip("/"), os.environ["PEBBLE_TOKEN"]
KINDS = {"quota_exceeded": "quota", "no_capacity": "capacity", "image_not_found": "configuration",
         401: "authentication", 404: "not-found", 429: "rate"}
writing, cancelled = threading.Lock(), set()

class Failure(Exception):
    def __init__(self, kind, message, **more):
        self.error = dict(kind=kind, message=message, **more)

def say(**message):
    with writing:
        print(json.dumps(message), flush=True)

def rest(method, path, body=None, key=None):
    headers = {"Authorization": "Bearer " + TOKEN, **({"Idempotency-Key": key} if key else {})}
    request = urllib.request.Request(URL + path, json.dumps(body).encode() if body else None, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or "null")
    except urllib.error.HTTPError as failed:
        code = json.loads(failed.read() or "{}").get("error", {}).get("code")
        raise Failure(KINDS.get(code) or KINDS.get(failed.code, "transient"), f"Pebble: {code or failed.code}")
    except OSError as failed:
        raise Failure("transient", f"Pebble cannot be reached: {failed}")

def until(call, condition):  # Looks again until the condition holds; a cancelled call ends here.
    while not (found := condition()):
        if call["id"] in cancelled:
            raise Failure("transient", "cancelled")
        time.sleep(0.1)
    return found

def booted(machine_id):
    machine = rest("GET", "/v1/machines/" + machine_id)
    if machine["status"] not in ("starting", "running"):
        raise Failure("transient", f"machine is {machine['status']}", externalId=machine_id)
    return machine["status"] == "running" and {"interfaceIp": machine["address"], "publicIpv4": machine["address"], "az": machine["zone"]}

def gone(machine_id):
    return all(machine["id"] != machine_id for machine in rest("GET", "/v1/machines")["machines"])

def handle(call):
    method, params = call["method"], call["params"]
    if method == "hello":
        rest("GET", "/v1/account")  # Wrong credentials show at the start.
        return {"protocol": "1.1", "name": "pebble.py", "version": "1.0", "capabilities": {"quota": True, "zones": True}}
    if method == "limits":
        return {"instances": rest("GET", "/v1/account")["limits"]["machines"]}
    if method == "zones":
        return rest("GET", "/v1/account")["zones"]
    if method == "list":
        return [{"externalId": m["id"], "metadata": m["tags"], "resources": {"instances": 1}} for m in rest("GET", "/v1/machines")["machines"]]
    if method == "create":  # The key makes the cloud answer the same machine for the same node, and no other one.
        body = {"name": params["hostname"], "plan": params["label"]["settings"].get("plan", "s1"),
                "image": params["image"]["idOrName"], "zone": params["az"], "tags": params["metadata"]}
        return rest("POST", "/v1/machines", body, call["key"])["id"]
    if method == "wait":
        return until(call, lambda: booted(params["externalId"]))
    if method == "delete":
        try:
            rest("DELETE", "/v1/machines/" + params["externalId"])
        except Failure as failed:  # What is gone already, or in between by somebody else, is deleted.
            if failed.error["kind"] != "not-found":
                raise
        return until(call, lambda: gone(params["externalId"])) and None
    raise Failure("configuration", f"unknown method {method}")

def serve(call):
    try:
        say(id=call["id"], result=handle(call))
    except Failure as failed:
        say(id=call["id"], error=failed.error)
    except Exception as failed:  # A fault of ours: the call fails, the program goes on.
        say(id=call["id"], error={"kind": "transient", "message": f"{type(failed).__name__}: {failed}"})

for line in sys.stdin:
    message = json.loads(line)
    if "cancel" in message:
        cancelled.add(message["cancel"])
    else:
        threading.Thread(target=serve, args=(message,), daemon=True).start()
