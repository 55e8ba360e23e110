def url_parts(url):
    """(scheme, host, port, path) of a simple address; port 80 or 443 by scheme when none is given."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    host, colon, port = host.partition(":")
    if colon:
        number = int(port)
    else:
        number = 443 if scheme == "https" else 80
    return scheme, host.lower(), number, slash + path


VISIBLE = [("http://a.example/x",), ("https://B.example",), ("http://a.example:8080/x/y",), ("https://a.example:1/",), ("http://h",)]
HIDDEN = [("https://h/p",), ("http://H:9",), ("ftp://h/f",), ("http://h/",), ("https://h:443/a:b",), ("http://a.b.c/d//e",), ("https://UP.example/Path",), ("http://h:0/",), ("https://q/?x=1",), ("http://z:12345/zz",), ("https://y",)]
