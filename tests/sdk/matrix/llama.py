"""A real llama.cpp server with a model of 24,000 numbers that is made here: `python3 llama.py FOLDER` prints the address, and
ends with its standard input.

The model is a Llama of one layer. Most of its numbers are chance by a seed, and so is what it says: letters. A few are set, so
that it does what the tests need of a model: it never ends a text by itself; where it is offered a tool it calls it once, or twice
where the tool's description says so, and ends; where it has a result of a tool it talks. What has to be JSON is held to its schema by the server, as with any model.
"""

import pathlib
import sys

import gguf
import numpy
import xllamacpp

KEY = "a-provider-key"
NAME = "tiny"
CONTEXT_TOKENS = 4096
WIDTH = 32

# One token a byte, as GPT-2 writes bytes; a merge, since llama.cpp wants one; and the words that the template below is made of.
BYTES = [*range(33, 127), *range(161, 173), *range(174, 256)]
CONTROLS = ["<|im_start|>", "<|im_end|>"]
WORDS = ["<tools>", "<tool_call>", "</tool_call>", "<tool_response>", "twice"]
SAYS = b"abcdefghijklmnopqrstuvwxyz ."

TEMPLATE = r"""{%- if tools %}
{{- '<|im_start|>system\n<tools>' }}
{%- for tool in tools %}
{{- '\n' }}
{{- tool | tojson }}
{%- endfor %}
{{- '\n</tools><|im_end|>\n' }}
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}
{{- '<|im_start|>user\n<tool_response>\n' + message.content + '\n</tool_response><|im_end|>\n' }}
{%- else %}
{{- '<|im_start|>' + message.role }}
{%- if message.content %}
{{- '\n' + message.content }}
{%- endif %}
{%- for call in message.tool_calls %}
{{- '\n<tool_call>{"name": "' + call.function.name + '", "arguments": ' }}
{{- call.function.arguments | tojson }}
{{- '}</tool_call>' }}
{%- endfor %}
{{- '<|im_end|>\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\n' }}
{%- endif %}
"""

# Which of the 32 numbers of a token's state mean something; the rest are chance.
ALWAYS, OFFERED, ANSWERED, CALLED, WILL_CALL, WILL_END = range(6)
MEANT = 6


def tokens():
    """The vocabulary, by number."""
    others = [byte for byte in range(256) if byte not in BYTES]
    written = {byte: chr(byte) for byte in BYTES} | {byte: chr(256 + at) for at, byte in enumerate(others)}
    return [written[byte] for byte in range(256)] + CONTROLS + WORDS


def numbers():
    """The model's tensors, by name."""
    chance = numpy.random.default_rng(7)
    number = {token: at for at, token in enumerate(tokens())}

    def random(rows, columns=WIDTH):
        return (chance.standard_normal((rows, columns)) * 0.1).astype(numpy.float32)

    def nothing():
        return numpy.zeros((WIDTH, WIDTH), numpy.float32)

    read = random(len(number))
    read[:, :MEANT] = 0
    read[:, ALWAYS] = 2
    read[number["<tool_response>"], ANSWERED] = read[number["</tool_call>"], CALLED] = 2
    read[[number["<tools>"], number["twice"]], OFFERED] = 2
    # What it looks at: above all at results, then at its own calls and at the offer. A call weighs 1.4 times as much as a word of
    # the offer, so that one outweighs `<tools>`, and two outweigh `twice` too. The last two numbers turn so slowly with the
    # distance that it does not matter here.
    ask, find = nothing(), nothing()
    ask[WIDTH - 2, ALWAYS] = 1
    find[WIDTH - 2, ANSWERED], find[WIDTH - 2, OFFERED], find[WIDTH - 2, CALLED] = 12, 4, 4.12
    take, give = random(WIDTH), random(WIDTH)
    take[:MEANT] = give[:MEANT] = 0
    give[:, :MEANT] = 0
    take[OFFERED, OFFERED] = take[CALLED, CALLED] = 1
    give[WILL_CALL, OFFERED] = give[WILL_END, CALLED] = 1
    down = random(WIDTH)
    down[:MEANT] = 0
    say = random(len(number)) * 2
    say[:, :MEANT] = 0
    say[:, ALWAYS] = -9
    say[list(SAYS), ALWAYS] = 0
    say[number["</tool_call>"], ALWAYS] = -5
    say[number["<tool_call>"], ALWAYS] = say[number["<|im_end|>"], ALWAYS] = -3
    say[number["<tool_call>"], WILL_CALL] = say[number["<|im_end|>"], WILL_END] = 30
    one = numpy.ones(WIDTH, numpy.float32)
    return {
        "token_embd": read,
        "blk.0.attn_norm": one,
        "blk.0.attn_q": ask,
        "blk.0.attn_k": find,
        "blk.0.attn_v": take,
        "blk.0.attn_output": give,
        "blk.0.ffn_norm": one,
        "blk.0.ffn_gate": random(WIDTH),
        "blk.0.ffn_up": random(WIDTH),
        "blk.0.ffn_down": down,
        "output_norm": one,
        "output": say,
    }


def write(path):
    """The model as a GGUF file."""
    plain = [gguf.TokenType.NORMAL] * 256
    kinds = plain + [gguf.TokenType.CONTROL] * len(CONTROLS) + [gguf.TokenType.USER_DEFINED] * len(WORDS)
    file = gguf.GGUFWriter(path, "llama")
    file.add_name(NAME)
    file.add_file_type(gguf.LlamaFileType.ALL_F32)
    file.add_context_length(CONTEXT_TOKENS)
    file.add_embedding_length(WIDTH)
    file.add_feed_forward_length(WIDTH)
    file.add_block_count(1)
    file.add_head_count(1)
    file.add_head_count_kv(1)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_rope_dimension_count(WIDTH)
    file.add_rope_freq_base(1e9)
    file.add_vocab_size(len(kinds))
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("gpt-2")
    file.add_token_list(tokens())
    file.add_token_types(kinds)
    file.add_token_merges(["t h"])
    file.add_bos_token_id(256)
    file.add_eos_token_id(257)
    file.add_add_bos_token(False)
    file.add_chat_template(TEMPLATE)
    for name, tensor in numbers().items():
        file.add_tensor(f"{name}.weight", tensor)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def serve(path):
    """The server, on a port of its own choice; it runs until it is dropped."""
    asked = xllamacpp.CommonParams()
    asked.model.path = str(path)
    asked.model_alias = {NAME}
    asked.api_keys = [KEY]
    asked.hostnames = ["127.0.0.1"]
    asked.port = 0
    asked.n_ctx = CONTEXT_TOKENS
    asked.n_parallel = 1
    asked.cpuparams.n_threads = 1
    asked.embedding = True
    asked.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    asked.use_jinja = True
    asked.warmup = False
    asked.ui = False
    return xllamacpp.Server(asked)


if __name__ == "__main__":
    model = pathlib.Path(sys.argv[1]) / "tiny.gguf"
    write(model)
    server = serve(model)
    print(server.listening_address, flush=True)
    sys.stdin.read()
