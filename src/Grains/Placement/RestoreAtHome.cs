namespace CoKe.Grains.Placement;

/// <summary>
/// Has the parts of a run restored at their homes (docs/protocol.md, rule 10). A restore is the only call that moves a grain: it finds
/// nothing there that it would not load anyway. A grain that lives elsewhere leaves and answers null; asked again, its successor is made at
/// its home.
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
