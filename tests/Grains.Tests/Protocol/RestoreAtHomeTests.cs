using CoKe.Abstractions;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Tests.Protocol;

/// <summary>A part that holds one word, restored as all parts are.</summary>
public sealed class RestoreAtHomeTests
{
    readonly Fence _fence = new("part");
    string _held = "nothing";
    bool _left;

    [Fact]
    public async Task Restore_OvertakenByAHigherIncarnation_TakesNothing()
    {
        var (first, second) = (new TaskCompletionSource<string>(), new TaskCompletionSource<string>());
        var overtaken = Restore(1, first);
        var later = Restore(2, second);
        second.SetResult("later");
        Assert.Equal("later", await later);
        first.SetResult("overtaken");
        await Assert.ThrowsAsync<StaleCallException>(() => overtaken);
        Assert.Equal("later", _held);
        await Assert.ThrowsAsync<StaleCallException>(() => Restore(1, first));
    }

    [Fact]
    public async Task Restore_RepeatedAndSlower_ConfirmsAndChangesNothing()
    {
        var (first, second) = (new TaskCompletionSource<string>(), new TaskCompletionSource<string>());
        var slow = Restore(1, first);
        var quick = Restore(1, second);
        second.SetResult("quick");
        await quick;
        _fence.Advance(6); // the part has moved on
        first.SetResult("slow");
        Assert.Equal("quick", await slow);
        Assert.Equal("quick", await Restore(1, new TaskCompletionSource<string>()));
        _fence.Check(new CallFence(1, 7, 6));
    }

    [Fact]
    public async Task Restore_OfAPartThatIsAway_LeavesAndObeysTheNewIncarnationAlready()
    {
        Assert.Equal("one", await Restore(1, Loaded("one")));
        Assert.Null(await Restore(2, Loaded("two"), isAway: true));
        Assert.True(_left);
        Assert.Equal("one", _held);
        Assert.Throws<StaleCallException>(() => _fence.CheckIncarnation(1));
        Assert.Throws<StaleCallException>(() => _fence.CheckIncarnation(2));
    }

    [Fact]
    public async Task Call_OfAPartThatLeaves_AsksAgainUntilItMayStay()
    {
        var stays = new List<bool>();
        var answer = await RestoreAtHome.CallAsync("home", (_, stay) =>
        {
            stays.Add(stay);
            return Task.FromResult(stay ? "here" : null);
        });
        Assert.Equal("here", answer);
        Assert.Equal([false, false, false, true], stays);
    }

    static TaskCompletionSource<string> Loaded(string word)
    {
        var loaded = new TaskCompletionSource<string>();
        loaded.SetResult(word);
        return loaded;
    }

    Task<string?> Restore(int incarnation, TaskCompletionSource<string> loaded, bool isAway = false) =>
        _fence.RestoreAsync(
            incarnation,
            version: 5,
            isAway,
            leave: () => _left = true,
            load: async () =>
            {
                var word = await loaded.Task;
                return () => _held = word;
            },
            answer: () => _held
        );
}
