using System.Buffers.Binary;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Refusals;

/// <summary>Numbers that make no sense are refused with what is wrong, and change nothing.</summary>
public sealed class BadArrayTests(IdleRun idle) : IClassFixture<IdleRun>
{
    const int D = 8;

    static readonly int[] TwoIds = [1, 2];
    static readonly float[] TwoRows = UnitRows.Random(1, 2, D);
    static readonly byte[] IdFile = Body.NpyFile("<i8", [2], Body.Ids(TwoIds)),
        RowFile = Body.NpyFile("<f4", [2, D], Body.Bytes<float>(TwoRows));

    public static TheoryData<string, byte[], string, string> Raw =>
        new()
        {
            { "a byte more", [.. Body.Part(TwoIds, TwoRows), 0], "invalid-options", "body" },
            { "a byte less", Body.Part(TwoIds, TwoRows)[..^1], "invalid-options", "body" },
            { "ids alone", Body.Ids(TwoIds), "invalid-options", "body" },
            { "nothing", [], "invalid-options", "body" },
            { "NaN", Body.Part(TwoIds, With(0, float.NaN)), "invalid-embeddings", "embeddings[0][0]" },
            { "infinity", Body.Part(TwoIds, With(D + 1, float.PositiveInfinity)), "invalid-embeddings", "embeddings[1][1]" },
            { "norm 2", Body.Part(TwoIds, [.. TwoRows.Select(value => 2 * value)]), "invalid-embeddings", "embeddings[0]" },
            { "zero", Body.Part(TwoIds, new float[2 * D]), "invalid-embeddings", "embeddings[0]" },
            { "negative id", Body.Part([-1, 2], TwoRows), "invalid-image-id", "imageIds" },
            { "unknown id", Body.Part([1, 64], TwoRows), "invalid-image-id", "imageIds" },
            { "huge id", [.. Body.Bytes<long>([1, 1L << 32]), .. Body.Bytes<float>(TwoRows)], "invalid-image-id", "imageIds" },
            { "least id", [.. Body.Bytes<long>([1, long.MinValue]), .. Body.Bytes<float>(TwoRows)], "invalid-image-id", "imageIds" },
            { "repeated id", Body.Part([2, 2], TwoRows), "invalid-image-id", "imageIds" },
        };

    public static TheoryData<string, byte[], string, string> Npy =>
        new()
        {
            { "float64 rows", [.. IdFile, .. Body.NpyFile("<f8", [2, D], new byte[16 * D])], "invalid-options", "embeddings" },
            { "float16 rows", [.. IdFile, .. Body.NpyFile("<f2", [2, D], new byte[4 * D])], "invalid-options", "embeddings" },
            { "int16 ids", [.. Body.NpyFile("<i2", [2], [1, 0, 2, 0]), .. RowFile], "invalid-options", "imageIds" },
            { "big-endian ids", [.. Body.NpyFile(">i8", [2], new byte[16]), .. RowFile], "invalid-options", "imageIds" },
            { "big-endian rows", [.. IdFile, .. Body.NpyFile(">f4", [2, D], new byte[8 * D])], "invalid-options", "embeddings" },
            { "text", [.. Body.NpyFile("<U3", [2], new byte[24]), .. RowFile], "invalid-options", "imageIds" },
            { "objects", [.. Body.NpyFile("|O", [2], new byte[16]), .. RowFile], "invalid-options", "imageIds" },
            { "Fortran order", [.. IdFile, .. Body.NpyFile("<f4", [2, D], new byte[8 * D], true)], "invalid-options", "embeddings" },
            { "flat rows", [.. IdFile, .. Body.NpyFile("<f4", [2 * D], new byte[8 * D])], "invalid-options", "embeddings" },
            { "other columns", [.. IdFile, .. Body.NpyFile("<f4", [2, D + 1], new byte[8 * (D + 1)])], "invalid-options", "embeddings" },
            { "other rows", [.. IdFile, .. Body.NpyFile("<f4", [3, D], new byte[12 * D])], "invalid-options", "embeddings" },
            { "ids in two axes", [.. Body.NpyFile("<i8", [2, 1], new byte[16]), .. RowFile], "invalid-options", "imageIds" },
            { "no axis", [.. Body.NpyFile("<i8", [], new byte[8]), .. RowFile], "invalid-options", "imageIds" },
            { "no rows", [.. Body.NpyFile("<i8", [0], []), .. Body.NpyFile("<f4", [0, D], [])], "invalid-embeddings", "rows" },
            { "more to come", [.. IdFile, .. RowFile, 0], "invalid-options", "body" },
            { "a third file", [.. IdFile, .. RowFile, .. IdFile], "invalid-options", "body" },
            { "ids alone", IdFile, "invalid-options", "embeddings" },
            { "cut within the values", [.. IdFile, .. RowFile[..^1]], "invalid-options", "embeddings" },
            { "cut within the header", IdFile[..40], "invalid-options", "imageIds" },
            { "no .npy at all", Body.Part(TwoIds, TwoRows), "invalid-options", "imageIds" },
            { "a shape beyond memory", [.. IdFile, .. Body.NpyFile("<f4", [1L << 40, D], [])], "invalid-options", "embeddings" },
            { "a shape beyond 64 bits", [.. IdFile, .. Body.NpyFile("<f4", [long.MaxValue, D], [])], "invalid-options", "embeddings" },
            { "a negative shape", [.. Body.NpyFile("<i8", [-1], []), .. RowFile], "invalid-options", "imageIds" },
            { "unknown id", [.. Body.NpyFile("<i8", [2], Body.Ids(1, 64)), .. RowFile], "invalid-image-id", "imageIds" },
            { "repeated id", [.. Body.NpyFile("<i4", [2], Body.Bytes<int>([3, 3])), .. RowFile], "invalid-image-id", "imageIds" },
        };

    [Theory]
    [MemberData(nameof(Raw))]
    public async Task Part_OfRawNumbersThatMakeNoSense_IsRefused(string what, byte[] body, string kind, string field)
    {
        Assert.NotEqual("", what);
        (await idle.Run.PushAsync(0, body, epoch: 1)).Refused(400, kind, field);
        await idle.AssertUntouchedAsync();
    }

    [Theory]
    [MemberData(nameof(Npy))]
    public async Task Part_OfNpyFilesThatMakeNoSense_IsRefused(string what, byte[] body, string kind, string field)
    {
        Assert.NotEqual("", what);
        (await idle.Run.PushAsync(0, body, epoch: 1, npy: true)).Refused(400, kind, field);
        await idle.AssertUntouchedAsync();
    }

    [Fact]
    public async Task Questions_OfNumbersThatMakeNoSense_AreRefused()
    {
        var run = idle.Run;
        (await run.PostAsync("/labels", Body.Of([1, 2, 3]))).Refused(400, "invalid-options", "body");
        (await run.PostAsync("/labels", Body.Of(Body.Ids(0, 64)))).Refused(400, "invalid-image-id", "imageIds");
        (await run.PostAsync("/labels", Body.Of(RowFile, Body.Npy))).Refused(400, "invalid-options", "imageIds");
        (await run.PostAsync("/labels", Body.Of([]))).Refused(400, "invalid-options", "body");
        (await run.PostAsync("/assign", Body.Of(new byte[(4 * D) + 1]))).Refused(400, "invalid-options", "body");
        (await run.PostAsync("/assign", Body.Of(Body.Bytes<float>(With(0, float.NaN))))).Refused(400, "invalid-embeddings");
        (await run.PostAsync("/assign-with-sizes", Body.Of(Body.Bytes<float>(With(0, float.NaN))))).Refused(400, "invalid-embeddings");
        (await run.PostAsync("/assign-with-sizes?maximumSizeRatio=0.5", Body.Of(Body.Bytes<float>(TwoRows)))).Refused(
            400,
            "invalid-options",
            "maximumSizeRatio"
        );
        (await run.PostAsync("/assign-with-sizes?maximumSizeRatio=NaN", Body.Of(Body.Bytes<float>(TwoRows)))).Refused(
            400,
            "invalid-options",
            "maximumSizeRatio"
        );
        (await run.PostAsync("/assign", Body.Of(Body.NpyFile("<f4", [0, D], []), Body.Npy))).Refused(400, "invalid-embeddings", "rows");
        (await run.PostAsync("/assign-with-sizes", Body.Of(Body.NpyFile("<f4", [0, D], []), Body.Npy))).Refused(400, "invalid-options");
        await idle.AssertUntouchedAsync();
    }

    [Fact]
    public async Task Ids_BigEndianByMistake_AreRefusedAsUnknown()
    {
        var body = Body.Part(TwoIds, TwoRows);
        BinaryPrimitives.WriteInt64BigEndian(body, 1);
        (await idle.Run.PushAsync(0, body, epoch: 1)).Refused(400, "invalid-image-id", "imageIds");
    }

    static float[] With(int at, float value)
    {
        var rows = (float[])TwoRows.Clone();
        rows[at] = value;
        return rows;
    }
}
