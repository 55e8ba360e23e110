"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(size, None) for size in range(12)] + [(size, back) for size in range(1, 7) for back in range(size)]


def call(program, size, back):
    links = [program.Link(number) for number in range(size)]
    for here, there in zip(links, links[1:]):
        here.after = there
    if back is not None:
        links[-1].after = links[back]
    return program.has_cycle(links[0] if links else None)
