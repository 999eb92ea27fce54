using CoKe.ConstrainedKMeans;
using CoKe.Learning.Resume;
using CsCheck;

namespace CoKe.Trainer.Tests.Resume;

public sealed class SaveFileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Decode_WhatWasEncoded_GivesTheSameBits()
    {
        var read = SaveFile.Decode(SaveFile.Encode(Save(4)).Span);

        Assert.Equivalent(Save(4), read, strict: true);
        // Equality of doubles hides the sign of zero and the bits of NaN; text does not.
        Assert.Equal(0.1 + 0.2, read.Trace[1].Loss);
        Assert.True(float.IsNaN(read.Learner.Tensors[1].Values[0]) && float.IsNegative(read.Learner.Tensors[0].Values[1]));
    }

    [Fact]
    public void Decode_AnyChangedByteOrLength_IsRefused()
    {
        var bytes = SaveFile.Encode(Save(4)).ToArray();
        Gen.Int[0, bytes.Length - 1]
            .Sample(
                at =>
                {
                    var changed = (byte[])bytes.Clone();
                    changed[at] ^= 0x40;
                    Assert.Throws<InvalidDataException>(() => SaveFile.Decode(changed));
                    Assert.Throws<InvalidDataException>(() => SaveFile.Decode(bytes.AsSpan(0, at)));
                },
                iter: 300
            );
    }

    [Fact]
    public void Write_ManyEpochs_KeepsTheNewestTwo()
    {
        var saves = new Saves(_folder.Path);
        foreach (var epoch in (int[])[8, 9, 10, 11, 11])
            saves.Write(Save(epoch));

        Assert.Equal(["epoch-10.save", "epoch-11.save"], Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName).Order());
        Assert.Equal(10, saves.Read(10, "run").Epoch);
    }

    [Theory]
    [InlineData(9, "run", "is missing")]
    [InlineData(10, "another", "of epoch 10 of run run, not of epoch 10 of run another")]
    [InlineData(12, "run", "of epoch 10 of run run, not of epoch 12")]
    [InlineData(13, "run", "is damaged: its checksum does not match")]
    [InlineData(14, "run", "is truncated or no save")]
    public void Read_WhatIsNotTheSave_IsRefusedByName(int epoch, string run, string words)
    {
        var saves = new Saves(_folder.Path);
        saves.Write(Save(10));
        File.Copy(saves.PathOf(10), saves.PathOf(12));
        var damaged = File.ReadAllBytes(saves.PathOf(10));
        damaged[^100]++;
        File.WriteAllBytes(saves.PathOf(13), damaged);
        File.WriteAllBytes(saves.PathOf(14), damaged[..20]);

        var refused = Assert.Throws<ResumeRefusedException>(() => saves.Read(epoch, run));

        Assert.Contains(saves.PathOf(epoch), refused.Message);
        Assert.Contains(words, refused.Message);
        Assert.Contains("--force", refused.Message);
    }

    /// <summary>Who wants to do harm makes the checksum too.</summary>
    [Theory]
    [InlineData("[9223372036854775807]", "0")]
    [InlineData("[4294967296,4294967296]", "0")]
    [InlineData("[-1]", "0")]
    [InlineData("[0,-5]", "0")]
    [InlineData("[2147483591]", "0")]
    [InlineData("null", "0")]
    [InlineData("[1]", "-1")]
    [InlineData("[1]", "2147483647")]
    [InlineData("[]", "0")] // there are more values than are declared
    public void Decode_LengthsThatTheFileDoesNotHold_AreRefusedBeforeMemoryIsTaken(string sizes, string labels)
    {
        var bytes = Sealed(
            $$$"""
            {"RunId":"run","Generation":1,"Attempt":1,"Epoch":1,"Steps":4,"Trace":[],"Spent":{"Seconds":1,"CpuSeconds":2},
             "LabelCount":{{{labels}}},"Order":{"Bits":1,"Spare":null},"Views":{"Bits":2,"Spare":null},
             "Tensors":[{"Name":"a","Sizes":{{{sizes}}}}]}
            """,
            8
        );
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.StartsWith("is no save of a trainer: ", Assert.Throws<InvalidDataException>(() => SaveFile.Decode(bytes)).Message);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[[[[")]
    public void Decode_AHeadOfSomethingElse_IsRefused(string head) =>
        Assert.StartsWith("is no save of a trainer: ", Assert.Throws<InvalidDataException>(() => SaveFile.Decode(Sealed(head, 0))).Message);

    static byte[] Sealed(string head, int more)
    {
        byte[] content =
        [
            .. "CoKeSave"u8,
            .. BitConverter.GetBytes(1),
            .. BitConverter.GetBytes(head.Length),
            .. System.Text.Encoding.UTF8.GetBytes(head),
            .. new byte[more],
        ];
        return [.. content, .. System.IO.Hashing.XxHash128.Hash(content)];
    }

    [Fact]
    public void CheckLabels_OfAnotherPast_IsRefused()
    {
        var saves = new Saves(_folder.Path);
        saves.CheckLabels(Save(4), [3, 1, 4, 2], changed: 1);

        Assert.Throws<ResumeRefusedException>(() => saves.CheckLabels(Save(4), [3, 1, 4, 2], changed: 2));
    }

    static TrainerSave Save(int epoch) =>
        new(
            "run",
            Generation: 2,
            Attempt: 1,
            epoch,
            Steps: 21,
            [new(0, null, null, 1.5, 0.5), new(1, 0.1 + 0.2, 1 / 3.0, 2, double.Epsilon)],
            [3, 1, 4, 1],
            new Cost(7.25, 9),
            new LearnerState(
                [new("weight", [2, 3], [1, -0f, float.MaxValue, float.Epsilon, 0.1f, -3]), new("mean", [1], [float.NaN])],
                new SeededRandomState(ulong.MaxValue - 1, null),
                new SeededRandomState(5, -0.25)
            )
        );
}
