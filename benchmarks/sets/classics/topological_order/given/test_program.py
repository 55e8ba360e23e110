from program import Task, order


def names(tasks):
    return [task.name for task in tasks]


def test_independent_tasks_keep_their_order():
    assert names(order([Task("a"), Task("b")])) == ["a", "b"]


def test_a_chain():
    a, b, c = Task("a"), Task("b"), Task("c")
    b.after(a)
    c.after(b)
    assert names(order([c, b, a])) == ["a", "b", "c"]


def test_one_that_needs_two():
    socks, trousers, shoes = Task("socks"), Task("trousers"), Task("shoes")
    shoes.after(socks, trousers)
    assert names(order([shoes, socks, trousers])) == ["socks", "trousers", "shoes"]


def test_a_diamond():
    a, b, c, d = Task("a"), Task("b"), Task("c"), Task("d")
    b.after(a)
    c.after(a)
    d.after(b, c)
    assert names(order([a, b, c, d])) == ["a", "b", "c", "d"]


def test_no_tasks():
    assert order([]) == []
