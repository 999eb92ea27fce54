using CoKe.Abstractions;
using CoKe.Grains.Sequencing;

namespace CoKe.Grains.Tests.Protocol;

public sealed class PipelineTests
{
    static readonly IntValues None = new([]);

    static readonly ShardBoundary NothingMoved = new(1, 0, [0], [new LabelMoves(None, None, None, None, None, None)]);

    readonly PreparedRun _run = new("a", "b");

    [Fact]
    public void Load_ThatOneScorerDoesNotAnswer_NamesItsSilo()
    {
        SynchronizationContext.SetSynchronizationContext(null); // what was waited for goes on at once
        var loading = new TaskCompletionSource();
        _run.Grains.Answer = (_, key, call) =>
            call == nameof(IScorerGrain.LoadAsync) && key == Keys.Scorer(_run.RunId, 1) ? new ValueTask(loading.Task)
            : call == nameof(IScorerGrain.ScoreAsync) ? FakeGrains.Never
            : null;
        var pipeline = _run.Pipeline();
        _ = pipeline.Launch(0, 0, [_run.Batch(4)]);
        _run.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.StartsWith("Silo b has not answered for 6 s:", pipeline.Scorers.Trouble);
        loading.SetResult();
        Assert.Equal(0, pipeline.Scorers.Status[1].SilentSeconds);
    }

    [Theory]
    [InlineData(nameof(IScorerGrain.EndEpochAsync))]
    [InlineData(nameof(IScorerGrain.CaptureAsync))]
    [InlineData(nameof(IScorerGrain.SaveAsync))]
    [InlineData(nameof(IScorerGrain.CommitAsync))]
    public void BoundaryCall_ThatOneScorerDoesNotAnswer_NamesItsSilo(string silent)
    {
        _run.Grains.Answer = (contract, key, call) =>
            contract == typeof(IScorerGrain) && call == silent && key == Keys.Scorer(_run.RunId, 1) ? FakeGrains.Never
            : contract == typeof(IImageShardGrain) && call == nameof(IImageShardGrain.EndEpochAsync) ? Task.FromResult(NothingMoved)
            : null;
        var pipeline = _run.Pipeline();
        _ = silent switch
        {
            nameof(IScorerGrain.EndEpochAsync) => pipeline.CloseEpochAsync(0, 0, 0),
            nameof(IScorerGrain.CaptureAsync) => pipeline.CaptureAsync(_run.Manifest, isBoundary: true),
            nameof(IScorerGrain.SaveAsync) => pipeline.SaveAsync(0),
            _ => pipeline.CommitAsync(0),
        };
        _run.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.StartsWith("Silo b has not answered for 6 s:", pipeline.Scorers.Trouble);
    }

    /// <summary>The place was on a silo that was killed, and its scorer is still looked for there.</summary>
    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)] // as long as a restore is tried
    public async Task Retire_OfAScorerThatCannotBeReached_IsTriedAgain(int failures, bool restored)
    {
        var farewells = 0;
        _run.Grains.Answer = (contract, key, call) =>
            call == nameof(IScorerGrain.RetireAsync)
                ? key == Keys.Scorer(_run.RunId, 2) && ++farewells <= failures
                    ? Task.FromException(new OrleansException("The silo is gone."))
                    : Task.CompletedTask
                : PreparedRun.Restored(contract);
        var manifest = _run.Manifest with { MostPlaces = 3 };
        var restoring = new Pipeline(_run.World, _run.RunId, _run.Description, manifest).RestoreAsync(manifest, null);
        if (restored)
            Assert.Equal(0, (await restoring).Count);
        else
            await Assert.ThrowsAsync<OrleansException>(() => restoring);
        Assert.Equal(3, farewells);
    }
}
