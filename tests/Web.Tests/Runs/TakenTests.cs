using System.Net;
using CoKe.Streams;
using CoKe.Web.Tests.Driving;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Web.Tests.Runs;

/// <summary>Rule 3: 202 means taken, 429 means not taken; a part counts once, and other content is refused.</summary>
public sealed class TakenTests(OneDoor door) : IClassFixture<OneDoor>
{
    [Fact]
    public async Task Part_ThatAFullStreamRefuses_IsNotProcessed_AndOneThatWasTakenIs()
    {
        var gate = new Gate();
        var small = await OneDoor.OfAsync(silo =>
        {
            silo.Configure<QueueStreamOptions>(streams => (streams.QueueBytes, streams.MaxMessageBytes) = (1, 1_000));
            gate.Guard(silo.Services);
        });
        try
        {
            var run = await small.NewRunAsync();
            await run.OpenedAsync();
            gate.Close();
            var first = run.PushAsync(0, Part(run, 0, 16)); // stands before the stream, and leaves no place there
            await gate.SomebodyWaits.WaitAsync(TimeSpan.FromMinutes(1));
            for (var tries = 0; tries < 3; tries++)
                Assert.Equal("1", (await run.PushAsync(1, Part(run, 16, 16))).Refused(429, "too-busy").Header("Retry-After"));
            Assert.False(first.IsCompleted);
            gate.Open();
            // More than a stream of one byte has room for: it is taken, and the next shall wait.
            Assert.False((await first).Good(HttpStatusCode.Accepted).Json.GetProperty("room").GetBoolean());
            await run.ProgressAsync(progress => progress.GetProperty("processed").GetInt64() == 1);
            (await TakenAsync(() => run.EndAsync(1))).Good(HttpStatusCode.Accepted);
            var status = await run.StatusAsync(one => one.GetProperty("epoch").GetInt32() == 1);
            Assert.Equal(16, status.GetProperty("rowsAccepted").GetInt32()); // nothing of what was refused
            Assert.Equal(1, status.GetProperty("lastEpoch").GetProperty("steps").GetInt32());
        }
        finally
        {
            await small.DisposeAsync();
        }
    }

    [Fact]
    public async Task Part_ThatNobodyCouldLookAt_IsNotTaken()
    {
        var gate = new Gate();
        var troubled = await OneDoor.OfAsync(silo => gate.Guard(silo.Services));
        try
        {
            var run = await troubled.NewRunAsync();
            await run.OpenedAsync();
            gate.Fails = true;
            var refused = (await run.PushAsync(0, Part(run, 0, 16))).Refused(503, "unavailable");
            Assert.Equal("1", refused.Header("Retry-After"));
            gate.Fails = false;
            (await run.PushAsync(0, Part(run, 16, 8))).Good(HttpStatusCode.Accepted); // no conflict: nothing has that place
            (await run.EndAsync(1)).Good(HttpStatusCode.Accepted);
            var status = await run.StatusAsync(one => one.GetProperty("epoch").GetInt32() == 1);
            Assert.Equal(8, status.GetProperty("rowsAccepted").GetInt32());
        }
        finally
        {
            await troubled.DisposeAsync();
        }
    }

    [Fact]
    public async Task Part_ThatComesFourTimesAtOnce_CountsOnce()
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => run.PushAsync(0, Part(run, 0, 16))));
        Assert.All(answers, answer => answer.Good(HttpStatusCode.Accepted));
        await run.EndAsync(1);
        var status = await run.StatusAsync(one => one.GetProperty("epoch").GetInt32() == 1);
        Assert.Equal(16, status.GetProperty("rowsAccepted").GetInt32());
    }

    [Fact]
    public async Task Part_WithAnImageThatCameBefore_IsRefusedByHash_AndOtherContentTakesItsPlace()
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        await run.PushAsync(0, Part(run, 0, 16));
        (await run.PushAsync(1, Part(run, 8, 16))).Good(HttpStatusCode.Accepted); // only the sequencer knows that 8 came before
        var progress = await run.ProgressAsync(one => one.GetProperty("refusals").GetArrayLength() > 0);
        var refusal = Assert.Single(progress.GetProperty("refusals").EnumerateArray());
        Assert.Equal(
            ("invalidImageId", 0, 0, 0, 1L),
            (
                refusal.GetProperty("kind").GetString(),
                refusal.GetProperty("rank").GetInt32(),
                refusal.GetProperty("epoch").GetInt32(),
                refusal.GetProperty("attempt").GetInt32(),
                refusal.GetProperty("sequence").GetInt64()
            )
        );
        Assert.Matches("^[0-9a-f]{16}$", refusal.GetProperty("contentHash").GetString());
        foreach (var word in new[] { "field", "value", "message" })
            Assert.NotEqual("", refusal.GetProperty(word).GetString());
        (await run.PushAsync(1, Part(run, 16, 16))).Good(HttpStatusCode.Accepted);
        progress = await run.ProgressAsync(one => one.GetProperty("processed").GetInt64() == 2);
        Assert.Empty(progress.GetProperty("refusals").EnumerateArray());
    }

    [Fact]
    public async Task Part_OfAnIdentityThatWaitsWithOtherContent_IsRefusedAndTheFirstStays()
    {
        var run = await door.NewRunAsync(words => words with { Trainers = 2 });
        await run.OpenedAsync(0);
        await run.OpenedAsync(1, "trainer-two");
        await run.PushAsync(0, Part(run, 0, 8)); // waits for the other rank
        await run.PushAsync(0, Part(run, 24, 8));
        var progress = await run.ProgressAsync(one => one.GetProperty("refusals").GetArrayLength() > 0);
        var refusal = Assert.Single(progress.GetProperty("refusals").EnumerateArray());
        Assert.Equal("conflictingContent", refusal.GetProperty("kind").GetString());
        Assert.Matches("^[0-9a-f]{16}$", refusal.GetProperty("contentHash").GetString());
        await run.PushAsync(0, Part(run, 8, 8), rank: 1);
        await run.EndAsync(1);
        await run.EndAsync(1, rank: 1);
        var status = await run.StatusAsync(one => one.GetProperty("epoch").GetInt32() == 1);
        Assert.Equal(16, status.GetProperty("rowsAccepted").GetInt32());
        var labels = (await run.PostAsync("/labels", Body.Of(Body.Ids(0, 24)))).Good();
        Assert.Equal([true, false], Body.Values<int>(labels.Bytes.AsSpan(0, 8)).Select(label => label >= 0));
    }

    [Fact]
    public async Task EndOfAnEpoch_InThePlaceOfAPart_IsRefusedInProgress()
    {
        var run = await door.NewRunAsync();
        await run.OpenedAsync();
        await run.PushAsync(0, Part(run, 0, 16));
        await run.ProgressAsync(one => one.GetProperty("processed").GetInt64() == 1);
        (await run.EndAsync(0)).Good(HttpStatusCode.Accepted);
        var progress = await run.ProgressAsync(one => one.GetProperty("refusals").GetArrayLength() > 0);
        Assert.Equal(
            "conflictingContent",
            Assert.Single(progress.GetProperty("refusals").EnumerateArray()).GetProperty("kind").GetString()
        );
        Assert.Equal(0, (await run.StatusAsync()).GetProperty("epoch").GetInt32());
    }

    // As a client does: what was not taken is sent again.
    static async Task<Answer> TakenAsync(Func<Task<Answer>> send)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        Answer answer;
        while ((answer = await send()).Status == HttpStatusCode.TooManyRequests)
            patience.Token.ThrowIfCancellationRequested();
        return answer;
    }

    static byte[] Part(HttpRun run, int first, int count)
    {
        int[] ids = [.. Enumerable.Range(first, count)];
        return Body.Part(ids, UnitRows.Of(run.Rows(), ids, run.Words.Dimension));
    }

    /// <summary>Where messages are looked at before a stream takes them: it can be closed, and those that come then wait.</summary>
    sealed class Gate
    {
        readonly TaskCompletionSource _somebody = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource? _closed;

        /// <summary>Whether those that come are told that nobody answers.</summary>
        public bool Fails { get; set; }

        public Task SomebodyWaits => _somebody.Task;

        public void Close() => _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open() => _closed!.SetResult();

        public void Guard(IServiceCollection services)
        {
            var own = services.Single(service => service.ServiceType == typeof(AdmitMessage));
            services.Remove(own);
            services.AddSingleton<AdmitMessage>(host =>
            {
                var admit = (AdmitMessage)own.ImplementationFactory!(host);
                return async message =>
                {
                    if (Fails)
                        throw new TimeoutException("Nobody answers.");
                    if (_closed is { Task.IsCompleted: false } closed)
                    {
                        _somebody.TrySetResult();
                        await closed.Task;
                    }

                    await admit(message);
                };
            });
        }
    }
}
