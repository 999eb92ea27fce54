using CoKe.Abstractions;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Placement;

/// <summary>
/// Restores the parts of a run at their homes (docs/protocol.md, rules 2, 3 and 10): both sides of the call, which are alike for scorers,
/// blocks, clusters and shards. A restore is the only call that moves a grain: it finds nothing there that it would not load anyway. A grain
/// that lives elsewhere leaves and answers null; asked again, its successor is made at its home.
/// </summary>
static class RestoreAtHome
{
    /// <summary>The key of <see cref="RequestContext"/> under which a call names where its grain should be made.</summary>
    public const string Hint = "coke.home";

    // Views of the cluster may differ: a grain that comes back to the wrong place is restored there, and the run moved again later.
    const int Tries = 3;

    /// <summary>Has a grain restored; answers what it answers.</summary>
    /// <param name="home">The silo where it should live; null: anywhere.</param>
    /// <param name="restore">Calls it, given the home to name in the call and whether it must stay where it is; null says that it has
    /// left.</param>
    public static async Task<T> CallAsync<T>(string? home, Func<string?, bool, Task<T>> restore)
    {
        for (var left = Tries; ; left--)
        {
            var stay = left == 0;
            var answer = await Toward(home, () => restore(home, stay));
            if (stay || answer is not null)
                return answer;
        }
    }

    /// <summary>
    /// How a part is restored: it obeys the new incarnation from now on, goes home if it must, loads, and takes what it has loaded, unless
    /// a later incarnation came meanwhile or a repetition of this call was faster.
    /// </summary>
    /// <param name="fence">The part's.</param>
    /// <param name="incarnation">The new one.</param>
    /// <param name="version">What it is restored to.</param>
    /// <param name="isAway">It should live elsewhere, and may leave.</param>
    /// <param name="leave">Ends this activation; its successor is made at its home.</param>
    /// <param name="load">Loads, perhaps beside a repetition of itself; what it gives takes what was loaded, without waiting.</param>
    /// <param name="answer">What the restored part answers, now and to whoever repeats the call.</param>
    /// <returns>Null: it has left for its home.</returns>
    /// <exception cref="StaleCallException">A higher incarnation came before or meanwhile.</exception>
    public static async Task<T?> ServeAsync<T>(
        Fence fence,
        int incarnation,
        long version,
        bool isAway,
        Action leave,
        Func<Task<Action>> load,
        Func<T> answer
    )
        where T : class
    {
        if (!fence.BeginRestore(incarnation))
            return answer();
        if (isAway)
        {
            leave();
            return null;
        }

        var take = await load();
        fence.ThrowIfSuperseded(incarnation);
        if (!fence.IsRestored(incarnation))
        {
            take();
            fence.CompleteRestore(incarnation, version);
        }

        return answer();
    }

    // The context is read when the call is made, and must not reach any other.
    static Task<T> Toward<T>(string? home, Func<Task<T>> call)
    {
        if (home is null)
            RequestContext.Remove(Hint); // the call that is served may have come with one
        else
            RequestContext.Set(Hint, home);
        try
        {
            return call();
        }
        finally
        {
            RequestContext.Remove(Hint);
        }
    }
}
