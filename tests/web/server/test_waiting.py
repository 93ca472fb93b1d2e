"""web.server.waiting: requests that bring nothing wait for a thread in a room of their own."""

from twelvelead.web.server.waiting import EACH, MOST, Waiting

GET = b"GET / HTTP/1.1\r\n"
ADDRESS = ("127.0.0.1", 5)


def test_it_works() -> None:
    waiting = Waiting(None)
    assert waiting.enter("a", GET, ADDRESS)
    waiting.leave("a")
    waiting.leave("one that never came")


def test_one_client_has_a_part_of_the_room_and_gets_it_back() -> None:
    waiting = Waiting(None)
    assert all(waiting.enter(number, GET, ADDRESS) for number in range(EACH))
    assert not waiting.enter("more", GET, ("127.0.0.1", 6))
    assert waiting.enter("another", GET, ("127.0.0.2", 6))
    waiting.leave(0)
    assert waiting.enter("more", GET, ADDRESS)


def test_all_clients_together_have_no_more_than_the_room() -> None:
    waiting = Waiting(None)
    taken = [waiting.enter(number, GET, (f"10.0.0.{number}", 5)) for number in range(MOST + 1)]
    assert taken == [True] * MOST + [False]


def test_who_brings_something_is_let_in_elsewhere() -> None:
    waiting = Waiting(None)
    assert all(waiting.enter(number, b"POST / HTTP/1.1\r\n", ADDRESS) for number in range(MOST + 1))


def test_behind_a_proxy_the_header_tells_who_asks() -> None:
    waiting = Waiting("X-Client-Address")
    head = GET + b"x-client-address: 2001:db8::1\r\n\r\n"
    assert all(waiting.enter(number, head, "") for number in range(EACH))
    assert not waiting.enter("a neighbour", head.replace(b"::1", b"::2"), "")
    assert waiting.enter("another", head.replace(b"db8", b"db9"), "")
