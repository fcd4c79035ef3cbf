"""Requests to weir's programs, three ways: over HTTP, as a CGI process, as FastCGI on a socket.

Each returns (status, body); status 0 when there was no answer, or it was cut.
"""
import http.client, os, socket, struct, subprocess


def _environment(method, path, query, body, token):
    return {"REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": query, "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Token {token}", "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1"}


def _parse(text):
    head, _, rest = text.partition(b"\r\n\r\n")
    status = [line.split()[1] for line in head.split(b"\r\n") if line.lower().startswith(b"status:")]
    return int(status[0]) if status else 200, rest


def program_of(build, path):
    return os.path.join(build, "fcgi", "weir-write" if path in ("/write", "/api/v2/write") else "weir-query")


# --- over HTTP -------------------------------------------------------------------------------------------------------

def over_http(port, token, method, path, query, body=b"", timeout=35.0):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, f"{path}?{query}", body or None, {"Authorization": f"Token {token}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


# --- as CGI ----------------------------------------------------------------------------------------------------------

def cgi_environment(home, token, method, path, query, body=b""):
    return {"PATH": os.environ.get("PATH", ""), "WEIR_HOME": home, **_environment(method, path, query, body, token)}


def cgi_answer(text):
    """What a program has said before it ended or was killed: a status is known once its head is whole."""
    return _parse(text) if b"\r\n\r\n" in text else (0, b"")


def over_cgi(build, home, token, method, path, query, body=b"", timeout=35.0):
    env = cgi_environment(home, token, method, path, query, body)
    with subprocess.Popen([program_of(build, path)], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        try:
            text, _ = process.communicate(body, timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            text, _ = process.communicate()
    # killed: its answer may be cut, a web server would say 500
    return _parse(text) if process.returncode == 0 else (0, b"")


# --- as FastCGI ------------------------------------------------------------------------------------------------------

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def _record(kind, content):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def _stream(kind, content):
    return b"".join(_record(kind, content[at:at + 65528]) for at in range(0, len(content), 65528)) + _record(kind, b"")


def _pairs(env):
    def length(n):
        return struct.pack("!B", n) if n < 128 else struct.pack("!I", n | 1 << 31)
    return b"".join(length(len(k)) + length(len(v)) + k + v for k, v in ((k.encode(), v.encode()) for k, v in env.items()))


def _read_answer(connection):
    text, ended = b"", False
    with connection.makefile("rb") as stream:
        while not ended:
            head = stream.read(8)
            if len(head) < 8:
                break
            _, kind, _, n, padding = struct.unpack("!BBHHBx", head)
            content = stream.read(n + padding)[:n]
            text += content if kind == STDOUT else b""
            ended = kind == END
    return _parse(text) if ended else (0, b"")


def over_fcgi(address, token, method, path, query, body=b"", timeout=35.0):
    env = _environment(method, path, query, body, token)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(address)
            connection.sendall(_record(BEGIN, struct.pack("!HB5x", 1, 0)) + _stream(PARAMS, _pairs(env)) + _stream(STDIN, body))
            return _read_answer(connection)
    except OSError:
        return 0, b""


def start_fcgi(build, path, home, address, log=subprocess.DEVNULL):
    """A process that stays up and answers what comes to the socket ADDRESS."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        return subprocess.Popen([program_of(build, path)], env={"PATH": os.environ.get("PATH", ""), "WEIR_HOME": home}, stdin=listener,
                                stdout=subprocess.DEVNULL, stderr=log)
