using System.Collections.Concurrent;
using System.Reflection;
using CoKe.Abstractions.Rights;
using CoKe.Access.Rights;
using CoKe.Errors;
using Microsoft.Extensions.Logging;
using Orleans.Serialization.Invocation;

namespace CoKe.Grains.Rights;

/// <summary>
/// Stands before every grain and every system target of Orleans, whoever calls, and lets in what has proved the right that stands at the
/// method. Who a message says it is from does not count. What nobody has given a right is the cluster's alone: also all of Orleans' own.
/// </summary>
sealed partial class RightsFilter(CallKeys keys, ILogger<RightsFilter> log) : IIncomingGrainCallFilter
{
    // A client learns by it which kinds of grains there are, before it can call any.
    const string Manifest = "Orleans.Runtime.IClusterManifestSystemTarget";

    // A timer's tick comes as a call, made inside the activation.
    const string Timer = "Orleans.Runtime.IGrainTimerInvoker";

    readonly ConcurrentDictionary<MethodInfo, Right> _needs = new();
    readonly Occasions _refused = new();

    /// <summary>Has the call go on, or answers it with <see cref="RightRefusedException"/>: thrown through Orleans' layers it would cost
    /// ten times as much.</summary>
    public Task Invoke(IIncomingGrainCallContext call)
    {
        if (CallCredential.IsThere(keys.Own))
            return call.Invoke();
        var held = keys.RightOf(CallCredential.Take());
        if (held == Right.Cluster || IsTick(call) || Refusal(call, held) is not { } refusal)
            return call.Invoke();
        call.Response = Response.FromException(refusal);
        return Task.CompletedTask;
    }

    RightRefusedException? Refusal(IIncomingGrainCallContext call, Right? held)
    {
        // Orleans does not know the method of every call; such a one is no contract's.
        var needed = call.InterfaceMethod is { } method ? _needs.GetOrAdd(method, Needs) : Right.Cluster;
        if (held >= needed)
            return null;
        var refusal = new RightRefusedException(
            $"{call.InterfaceMethod?.DeclaringType?.Name ?? call.InterfaceName}.{call.MethodName}",
            needed,
            held
        );
        if (_refused.IsTold(out var count))
            LogRefused(log, count, refusal.Message);
        return refusal;
    }

    static Right Needs(MethodInfo method) =>
        method.DeclaringType?.FullName == Manifest ? Right.Feed : ContractRights.NeedsOf(method) ?? Right.Cluster;

    // Only generated requests can be read from a wire, and all of these have one base; a tick is of another type.
    static bool IsTick(IIncomingGrainCallContext call) =>
        call.Request is not RequestBase && call.InterfaceMethod?.DeclaringType?.FullName == Timer;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{count} calls were refused so far for want of a right, the last one: {reason}")]
    static partial void LogRefused(ILogger log, long count, string reason);
}
