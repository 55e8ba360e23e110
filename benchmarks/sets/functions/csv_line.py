def csv_line(line):
    """The fields of one CSV line; quoted fields may hold commas, and two quotes inside stand for one."""
    fields = []
    field = ""
    quoted = False
    place = 0
    while place < len(line):
        sign = line[place]
        if sign == '"':
            if quoted and line[place + 1:place + 2] == '"':
                field += '"'
                place += 1
            else:
                quoted = not quoted
        elif sign == "," and not quoted:
            fields.append(field)
            field = ""
        else:
            field += sign
        place += 1
    fields.append(field)
    return fields


VISIBLE = [("a,b",), ("",), ('"a,b",c',), ('"say ""hi""",x',), ("a,,b",), ("a,",)]
HIDDEN = [("x",), (",",), ('""',), ('"a"',), ('a,"b,c",d',), ('"""",z',), ("1,2,3",), ('" a ",b',), ('a,"b"',), (",,",), ('"x","y,","z"',)]
