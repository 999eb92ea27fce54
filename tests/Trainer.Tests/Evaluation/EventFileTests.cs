using System.Text;
using CoKe.Abstractions;
using CoKe.Learning.Evaluation;
using CoKe.Learning.Resume;
using CoKe.Learning.Training;
using CoKe.Trainer.TensorBoard;

namespace CoKe.Trainer.Tests.Evaluation;

/// <summary>What TensorBoard will read.</summary>
public sealed class EventFileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Path => _folder.File("events.out.tfevents.coke");

    EventsLog Log => new(Path, TimeProvider.System);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Crc32C_KnownAnswers_AreThoseOfTheStandards()
    {
        // RFC 3720, B.4, and the check value of the polynomial's catalog.
        (byte[] Bytes, uint Expected)[] known =
        [
            (Encoding.ASCII.GetBytes("123456789"), 0xe3069283),
            (new byte[32], 0x8a9136aa),
            ([.. Enumerable.Repeat((byte)0xff, 32)], 0x62a8ab43),
            ([.. Enumerable.Range(0, 32).Select(i => (byte)i)], 0x46dd794e),
            ([.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))], 0x113fdb5c),
        ];

        Assert.All(known, answer =>
            Assert.Equal((answer.Expected, answer.Expected), (EventFile.Crc32C(answer.Bytes), TensorBoardFile.Crc(answer.Bytes)))
        );
    }

    [Fact]
    public void Ended_Epochs_AreReadBackByTheFormat()
    {
        Log.Ended(Epoch(0));
        Log.Ended(Epoch(1));
        Log.Finished(1, new TestScores(0.7, 0.6, 0.5, 0.8, 0.9, []));

        var events = TensorBoardFile.Read(Path);

        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal([0, 0, 1, 1], events.Select(e => (int)e.Step).ToArray());
        Assert.All(events, e => Assert.InRange(e.WallTime, 1.6e9, 1e11));
        Assert.False(events[1].Values.ContainsKey("train/loss")); // the scan has none
        Assert.Equal(
            (2.25f, 0.05f, 0.5f),
            (events[2].Values["train/loss"], events[2].Values["train/learning_rate"], events[2].Values["labels/nmi_with_epoch_before"])
        );
        Assert.Equal(
            (50f, 0.75f, -3f, 4f),
            (
                events[2].Values["train/images_per_second"],
                events[2].Values["similarity/head_0_of_2"],
                events[2].Values["violation/head_0_of_2"],
                events[2].Values["violation/head_1_of_5"]
            )
        );
        Assert.Equal((0.625f, 0.25f), (events[2].Values["classes/nearest_neighbors"], events[2].Values["classes_ari/head_1_of_5"]));
        Assert.Equal(0.9f, events[3].Values["test/nearest_neighbors"]);
    }

    [Theory]
    [InlineData(0)] // nothing was written
    [InlineData(2)] // killed before the last epoch was
    [InlineData(3)]
    [InlineData(5)] // taken back by two epochs
    public void Returned_WhateverIsThere_LeavesEveryEpochOnce(int written)
    {
        var log = Log;
        for (var epoch = 0; epoch < written; epoch++)
            log.Ended(Epoch(epoch));
        if (written == 5)
            log.Finished(4, new TestScores(1, 1, 1, 1, 1, []));

        Log.Returned(3, 0, [Epoch(0), Epoch(1), Epoch(2)]);
        Log.Ended(Epoch(3));

        Assert.Equal([0, 1, 2, 3], TensorBoardFile.Read(Path).Where(e => e.Version is null).Select(e => (int)e.Step).ToArray());
    }

    [Fact]
    public void Returned_RecordTornByAKill_IsWrittenAnew()
    {
        Log.Ended(Epoch(0));
        var whole = new FileInfo(Path).Length;
        Log.Ended(Epoch(1));
        using (var file = File.OpenWrite(Path))
            file.SetLength(file.Length - 5);

        Log.Returned(2, 0, [Epoch(0), Epoch(1)]);

        Assert.True(new FileInfo(Path).Length > whole);
        Assert.Equal([0, 1], TensorBoardFile.Read(Path).Where(e => e.Version is null).Select(e => (int)e.Step).ToArray());
    }

    [Fact]
    public void Returned_RecordThatIsNoEvent_IsCutOffWithWhatFollows()
    {
        Log.Ended(Epoch(0));
        EventFile.Append(
            Path,
            [
                [0, 1, 2],
                [0xff, 0xff, 0xff],
            ]
        );
        Log.Ended(Epoch(1));

        Log.Returned(2, 0, [Epoch(0), Epoch(1)]);

        Assert.Equal([0, 1], TensorBoardFile.Read(Path).Where(e => e.Version is null).Select(e => (int)e.Step).ToArray());
    }

    static EpochRecord Epoch(int epoch)
    {
        static HeadReport Head(int k, double violation) => new(k, 10, 30, 9, 1.1, violation, 5, true, 0.75, 20, 0, 0.1, 1);
        var scores = new EpochScores(0.625, [new LabelScores(0.5, 0.5, 0.5), new LabelScores(0.25, 0.25, 0.25)]);
        return new EpochRecord(
            epoch == 0 ? new EpochTrace(0, null, null, 2, 0) : new EpochTrace(epoch, 2.25, 0.5, 2, 0, 0.05, scores),
            0,
            new EpochReport(epoch, 100, 4, 1, [Head(2, -3), Head(5, 4)])
        );
    }
}
