using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace CoKe.Web.Endpoints;

/// <summary>
/// What requests need to know of the runs that they name: asked for once, since a run never changes and its id is never used again. Nothing
/// else is kept between two requests.
/// </summary>
sealed partial class KnownRuns(CokeClient client)
{
    const int Most = 1024;

    // Another door, or coke, may delete a run. What was asked for lately is looked at beside the requests, what was not before them.
    static readonly TimeSpan TrustedFor = TimeSpan.FromSeconds(1),
        HalfTrustedFor = TimeSpan.FromSeconds(3),
        LookPatience = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<string, Known> _known = new();

    /// <summary>A run by its id.</summary>
    /// <exception cref="UnknownRunException">No run can have that id.</exception>
    /// <exception cref="RunGoneException">It was deleted.</exception>
    public async ValueTask<RunReader> GetAsync(string runId, CancellationToken cancellation)
    {
        if (_known.TryGetValue(runId, out var known))
        {
            var now = TimeProvider.System.GetTimestamp();
            var age = TimeProvider.System.GetElapsedTime(known.Seen, now);
            if (age <= TrustedFor || !_known.TryUpdate(runId, known with { Seen = now }, known))
                return known.Reader;
            var look = LookAgainAsync(runId);
            if (age > HalfTrustedFor)
                await look.WaitAsync(LookPatience, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_known.ContainsKey(runId))
                return known.Reader;
        }

        CheckId(runId);
        var reader = await client.OpenReaderAsync(runId, cancellation);
        if (_known.Count >= Most)
            _known.Clear(); // they are asked for once more
        _known[runId] = new Known(reader, TimeProvider.System.GetTimestamp());
        return reader;
    }

    // The run may be on its way from a silo that died; requests need not wait for that.
    async Task LookAgainAsync(string runId)
    {
        try
        {
            await client.GetStatusAsync(runId);
        }
        catch (UnknownRunException)
        {
            Forget(runId);
        }
        catch (Exception)
        {
            // Nobody knows just now; it is asked again.
        }
    }

    /// <summary>A run was deleted: what comes for it from now on is asked for, and learns it.</summary>
    public void Forget(string runId) => _known.TryRemove(runId, out _);

    /// <summary>Answers a request that names a run which is no more with <see cref="RunGoneException"/>.</summary>
    public async ValueTask<object?> WatchAsync(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        var runId = (string)call.HttpContext.Request.RouteValues["run"]!;
        CheckId(runId);
        try
        {
            return await next(call);
        }
        catch (UnknownRunException)
        {
            Forget(runId);
            throw new RunGoneException(runId);
        }
    }

    // What cannot be a run's id reaches no grain: not even to be told that there is none.
    static void CheckId(string runId)
    {
        if (!Id().IsMatch(runId) || !RunSpecification.IsName(Keys.RunName(runId)))
            throw new UnknownRunException(runId);
    }

    /// <summary>A run that was there.</summary>
    /// <param name="Reader">What is known of it.</param>
    /// <param name="Seen">When it was looked for, a timestamp.</param>
    sealed record Known(RunReader Reader, long Seen);

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}~[0-9a-f]{8}\z")]
    private static partial Regex Id();
}
