using CoKe.Fuzzing.Inputs;
using CoKe.Learning.Encoders;
using CoKe.Learning.Weights;
using static TorchSharp.torch;

namespace CoKe.Fuzzing.Targets;

/// <summary>Readers of weights.</summary>
static class WeightTargets
{
    static readonly EncoderOptions _s_options = new()
    {
        Backbone = BackboneKind.SmallNet,
        BaseWidth = 2,
        HiddenSize = 4,
        Dimension = 4,
        ImageHeight = 16,
        ImageWidth = 16,
    };

    public static FuzzTarget Safetensors(FuzzFolder folder) =>
        new("", [Header("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"__metadata__\":{\"k\":\"v\"}}", 8)], input =>
        {
            using var scope = NewDisposeScope();
            using var file = SafetensorsFile.Open(folder.Write("x.safetensors", input));
            return $"{file.Tensors.Sum(tensor => file.Read(tensor).numel())} values";
        })
        {
            Hostile =
            [
                Header("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,9223372036854775807]}}", 8),
                Header("{\"a\":{\"dtype\":\"U8\",\"shape\":[0,9223372036854775807],\"data_offsets\":[0,0]}}", 0),
                Header("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", 8),
                Header(
                    "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + string.Concat(Enumerable.Repeat("1,", 20_000)) + "8],\"data_offsets\":[0,8]}}",
                    8
                ),
                [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, .. "{}"u8],
                [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                Header(System.Text.Encoding.ASCII.GetString(Packing.Nested("{\"a\":", 60_000)), 0),
                Header("{\"\\u001b[31m\":1}", 0),
                Header("{\"" + new string('x', 60_000) + "\":1}", 0),
            ],
            Seal = Sealed,
            Iterations = 6_000,
        };

    public static FuzzTarget Encoder(FuzzFolder folder)
    {
        var path = folder.Own("written.safetensors");
        using (var written = new Encoder(_s_options, seed: 1))
            EncoderWeights.Write(written, path, EncoderPart.Backbone);
        var encoder = new Encoder(_s_options, seed: 2);
        return new("", [File.ReadAllBytes(path)], input =>
            EncoderWeights.Read(encoder, folder.Write("x.safetensors", input)) ?? "all is read"
        )
        {
            Seal = Sealed,
        };
    }

    static byte[] Header(string json, int bytes) =>
        [.. BitConverter.GetBytes((long)json.Length), .. Packing.Text(json), .. new byte[bytes]];

    // Where the values begin, so that a changed header is read to its end.
    static byte[] Sealed(byte[] input)
    {
        var end = input.AsSpan().LastIndexOf((byte)'}');
        if (input.Length < 8 || end < 8)
            return input;
        var changed = (byte[])input.Clone();
        BitConverter.TryWriteBytes(changed, (long)end + 1 - 8);
        return changed;
    }
}
