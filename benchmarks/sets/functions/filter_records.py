def filter_records(records, wanted):
    """The records (dicts) that have all ``wanted`` values; a list of values means any of them."""
    kept = []
    for record in records:
        for key, value in wanted.items():
            allowed = value if isinstance(value, list) else [value]
            if record.get(key) not in allowed:
                break
        else:
            kept.append(record)
    return kept


PEOPLE = [{"n": "a", "age": 3}, {"n": "b", "age": 4}, {"n": "c", "age": 4, "x": 1}]
VISIBLE = [(PEOPLE, {"age": 4}), (PEOPLE, {}), (PEOPLE, {"n": ["a", "c"]}), (PEOPLE, {"age": 4, "n": "b"}), ([], {"n": 1}), (PEOPLE, {"x": 1})]
HIDDEN = [(PEOPLE, {"n": "a"}), (PEOPLE, {"age": [3, 4]}), (PEOPLE, {"age": []}), (PEOPLE, {"x": None}), (PEOPLE, {"n": "z"}), (PEOPLE, {"age": 3, "n": "b"}), (PEOPLE, {"n": ["b"], "age": [4]}), (PEOPLE, {"x": [1, 2]}), (PEOPLE, {"q": 1}), ([{}], {}), ([{}], {"k": None})]
