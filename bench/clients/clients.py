"""What each client does and must see: clients.py URL; called by bench/clients/check."""

import json
import sys
import traceback

URL = sys.argv[1]
KEY = "sesame"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather", "description": "The weather of a city.", "strict": True,
        "parameters": {
            "type": "object", "additionalProperties": False, "required": ["city", "unit"],
            "properties": {"city": {"type": "string", "maxLength": 12}, "unit": {"enum": ["C", "F"]}},
        },
    },
}
SCHEMA = {
    "type": "object", "additionalProperties": False, "required": ["name", "age"],
    "properties": {"name": {"type": "string", "maxLength": 10}, "age": {"type": "integer", "minimum": 0, "maximum": 130}},
}
ASK = [{"role": "user", "content": "What is the weather in Oslo?"}]


def openai_client():
    import openai

    client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY)
    name = client.models.list().data[0].id
    assert client.models.retrieve(name).id == name
    whole = client.chat.completions.create(model=name, messages=ASK, max_completion_tokens=12, seed=3, logprobs=True, top_logprobs=2)
    said = whole.choices[0]
    assert said.message.role == "assistant" and whole.usage.completion_tokens <= 12
    assert len(said.logprobs.content[0].top_logprobs) == 2
    parts = client.chat.completions.create(
        model=name, messages=ASK, max_tokens=12, seed=3, stream=True, stream_options={"include_usage": True})
    parts = list(parts)
    text = "".join(p.choices[0].delta.content or "" for p in parts if p.choices)
    assert text == said.message.content, (text, said.message.content)
    assert parts[-1].usage.total_tokens == whole.usage.total_tokens
    form = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": SCHEMA}}
    person = client.chat.completions.create(model=name, messages=ASK, max_tokens=200, response_format=form)
    person = json.loads(person.choices[0].message.content)
    assert set(person) == {"name", "age"} and 0 <= person["age"] <= 130
    called = client.chat.completions.create(model=name, messages=ASK, tools=[WEATHER], tool_choice="required", seed=1, max_tokens=200)
    call = called.choices[0].message.tool_calls[0]
    assert called.choices[0].finish_reason == "tool_calls" and call.function.name == "get_weather"
    assert json.loads(call.function.arguments)["unit"] in ("C", "F")
    turn = [*ASK, called.choices[0].message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    assert client.chat.completions.create(model=name, messages=turn, tools=[WEATHER], max_tokens=5).choices
    streamed = client.chat.completions.create(model=name, messages=ASK, tools=[WEATHER], tool_choice="required", seed=1, max_tokens=200, stream=True)
    arguments, seen = "", None
    for part in streamed:
        for piece in part.choices[0].delta.tool_calls or []:
            seen = piece.function.name or seen
            arguments += piece.function.arguments or ""
    assert seen == "get_weather" and json.loads(arguments)["unit"] in ("C", "F")
    texts = client.completions.create(model=name, prompt=["One", "Two"], max_tokens=4, n=2, echo=True, logprobs=1)
    assert [c.index for c in texts.choices] == [0, 1, 2, 3] and texts.choices[2].text.startswith("Two")
    vectors = client.embeddings.create(model=name, input=["a", "b"]).data
    assert len(vectors) == 2 and abs(sum(x * x for x in vectors[0].embedding) - 1) < 1e-3
    for wrong, kind in [(dict(model="none"), openai.NotFoundError), (dict(temperature=9), openai.BadRequestError)]:
        try:
            client.chat.completions.create(**({"model": name, "messages": ASK} | wrong))
            raise AssertionError(f"{wrong} was let through")
        except kind:
            pass
    try:
        openai.OpenAI(base_url=f"{URL}/v1", api_key="wrong", max_retries=0).models.list()
        raise AssertionError("a wrong key was let through")
    except openai.AuthenticationError:
        pass


def langchain():
    from langchain_openai import ChatOpenAI, OpenAIEmbeddings
    from pydantic import BaseModel, Field

    class Person(BaseModel):
        name: str = Field(max_length=10)
        age: int = Field(ge=0, le=130)

    model = ChatOpenAI(base_url=f"{URL}/v1", api_key=KEY, model="model", max_tokens=200, seed=1)
    assert isinstance(model.invoke("Hello").content, str)
    chunks = list(model.stream("Hello"))
    assert len(chunks) > 1 and "".join(chunk.content for chunk in chunks) == model.invoke("Hello").content
    called = model.bind_tools([WEATHER["function"] | {"title": "get_weather"}], tool_choice="any").invoke("Oslo?")
    assert called.tool_calls[0]["name"] == "get_weather"
    person = model.with_structured_output(Person, method="json_schema").invoke("Who?")
    assert isinstance(person, Person)
    vectors = OpenAIEmbeddings(base_url=f"{URL}/v1", api_key=KEY, model="model", check_embedding_ctx_length=False)
    assert len(vectors.embed_query("a")) == 64


def until_called(ask):
    """An answer that is a whole call: there is no seed to give, and some answers of random weights run into their limit."""
    for _ in range(20):
        message = ask()
        if message.stop_reason == "tool_use":
            return message
        assert message.stop_reason == "max_tokens", message.stop_reason
    raise AssertionError("twenty answers were cut off")


def anthropic_client():
    import anthropic

    client = anthropic.Anthropic(base_url=URL, api_key=KEY)
    message = client.messages.create(model="model", max_tokens=9, system="Be brief.", messages=ASK)
    assert message.type == "message" and message.usage.output_tokens <= 9 and message.stop_reason in ("max_tokens", "end_turn")
    with client.messages.stream(model="model", max_tokens=9, messages=ASK) as stream:
        text = "".join(stream.text_stream)
        assert stream.get_final_message().content[0].text == text
    tool = {"name": "get_weather", "input_schema": WEATHER["function"]["parameters"]}
    calling = dict(model="model", max_tokens=300, tools=[tool], tool_choice={"type": "any"}, messages=ASK)
    used = until_called(lambda: client.messages.create(**calling))
    block = used.content[-1]
    assert block.input["unit"] in ("C", "F")
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": block.id, "content": "rain"}]}
    again = [*ASK, {"role": "assistant", "content": [b.model_dump() for b in used.content]}, result]
    assert client.messages.create(model="model", max_tokens=4, tools=[tool], messages=again).content

    def streamed():
        with client.messages.stream(**calling) as stream:
            return stream.get_final_message()

    assert until_called(streamed).content[-1].input["unit"] in ("C", "F")
    assert client.messages.count_tokens(model="model", messages=ASK).input_tokens > 3
    try:
        client.messages.create(model="none", max_tokens=4, messages=ASK)
        raise AssertionError("another model was let through")
    except anthropic.NotFoundError as error:
        assert error.body["type"] == "error"


CHECKS = [openai_client, langchain, anthropic_client]


def main():
    failed = 0
    for check in CHECKS:
        try:
            check()
            print(f"{check.__name__:20} holds", flush=True)
        except Exception:
            failed += 1
            print(f"{check.__name__:20} FAILED")
            traceback.print_exc()
    sys.exit(failed)


main()
