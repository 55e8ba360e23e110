from program import Link, has_cycle


def test_one_link():
    assert has_cycle(Link(1)) is False


def test_two_links_end():
    assert has_cycle(Link(1, Link(2))) is False


def test_three_links_end():
    assert has_cycle(Link(1, Link(2, Link(3)))) is False


def test_four_links_end():
    assert has_cycle(Link(1, Link(2, Link(3, Link(4))))) is False


def test_a_ring_of_two():
    last = Link(2)
    first = Link(1, last)
    last.after = first
    assert has_cycle(first) is True


def test_no_chain_at_all():
    assert has_cycle(None) is False
