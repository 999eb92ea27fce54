using CoKe.Abstractions;
using CoKe.Client;

namespace CoKe.Grains.Tests.Session;

public sealed class SendWindowTests
{
    [Fact]
    public void Refuse_ToldAgainAfterItWasReplaced_HasNoEffect()
    {
        var window = Open();
        var refused = Refused(1, contentHash: 7);
        window.Refuse([refused]);
        Assert.Same(refused, Assert.IsType<RefusedBatchException>(window.Failure).Refusal);
        Assert.Null(window.Refused(0));
        Assert.Equal(1, window.Refused(1)!.Identity.Sequence);
        window.Replace(Message(1));
        window.Refuse([refused]); // a poll that was answered before the replacement arrived
        Assert.Null(window.Failure);
        window.Refuse([refused, Refused(1, contentHash: 8)]); // the replacement itself
        Assert.NotNull(window.Failure);
    }

    [Fact]
    public void Fail_OnARefusal_OutweighsItAndOutlivesTheReplacement()
    {
        var window = Open();
        window.Refuse([Refused(1, contentHash: 7)]);
        var fence = new FencedTrainerException("run", 0, 1, 2);
        window.Fail(fence);
        window.Fail(new RunFaultedException("run", "later"));
        window.Replace(Message(1));
        window.Refuse([Refused(0, contentHash: 9)]);
        Assert.Same(fence, window.Failure);
    }

    [Fact]
    public async Task TakeAsync_AfterResendAll_GivesEverythingThatIsNotDurableInOrder()
    {
        var window = Open();
        for (var i = 0; i < 3; i++)
            await window.TakeAsync();
        window.Advance(1);
        window.ResendAll();
        Assert.Equal(1, (await window.TakeAsync())!.Identity.Sequence);
        Assert.Equal(2, (await window.TakeAsync())!.Identity.Sequence);
        window.Close();
        Assert.Null(await window.TakeAsync());
    }

    [Fact]
    public void Follow_TellsOfARollBack_WhereSomethingIsTakenBack()
    {
        var window = Open();
        window.Follow(EndEpochTests.Progress(epoch: 1) with { Attempt = 1 }, "run"); // of another epoch
        Assert.Null(window.Failure);
        window.Follow(EndEpochTests.Progress(epoch: 0) with { Attempt = 1 }, "run");
        Assert.IsType<RolledBackException>(window.Failure);
        window.Restart(0, 1);
        window.Follow(EndEpochTests.Progress(epoch: 0) with { Attempt = 2 }, "run"); // nothing was pushed since
        Assert.Null(window.Failure);
    }

    [Fact]
    public async Task Follow_BesideATrainerThatBeginsAnew_TellsOfNoRollBackThatItKnows()
    {
        const int Rounds = 20_000;
        var window = Open();
        var (heard, followed, begun, failures) = (0, 0, 0, 0);
        var polling = Task.Run(() =>
        {
            while (heard < Rounds)
            {
                var news = EndEpochTests.Progress(epoch: 0) with { Attempt = heard + 1 };
                Volatile.Write(ref heard, news.Attempt);
                window.Follow(news, "run");
                Volatile.Write(ref followed, news.Attempt);
                WaitFor(ref begun, news.Attempt);
            }
        });
        for (var attempt = 1; attempt <= Rounds; attempt++)
        {
            WaitFor(ref heard, attempt);
            Thread.SpinWait(attempt % 20);
            window.Restart(0, attempt);
            window.Add(Message(0));
            WaitFor(ref followed, attempt);
            failures += window.Failure is null ? 0 : 1;
            Volatile.Write(ref begun, attempt);
        }

        await polling;
        Assert.Equal(0, failures);

        static void WaitFor(ref int shared, int value)
        {
            for (var wait = new SpinWait(); Volatile.Read(ref shared) < value;)
                wait.SpinOnce(sleep1Threshold: -1);
        }
    }

    static SendWindow Open()
    {
        var window = new SendWindow(8);
        for (var i = 0; i < 3; i++)
            window.Add(Message(i));
        return window;
    }

    static MiniBatch Message(long sequence) =>
        new("run~1", new BatchIdentity(0, 0, 0, sequence), 1, 1, new IntValues([0]), new FloatValues([1]), null);

    static Refusal Refused(long sequence, ulong contentHash) =>
        new(
            new BatchIdentity(0, 0, 0, sequence),
            contentHash,
            RefusalKind.InvalidImageId,
            "imageIds",
            "0",
            "image 0 was accepted already."
        );
}
