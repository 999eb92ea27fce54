using System.Net;

namespace CoKe.Access.Quotas;

/// <summary>
/// The place of one connection among those of its port, pending until it has proven who it is. Orleans and Kestrel find it among the
/// connection's features.
/// </summary>
public sealed class ConnectionLease
{
    readonly ConnectionQuota _quota;
    readonly Lock _ending = new();
    Action? _end;
    bool _isOver;

    internal ConnectionLease(ConnectionQuota quota, ConnectionOrigin origin, EndPoint? peer, long came)
    {
        (_quota, Origin, Peer, Came) = (quota, origin, peer, came);
        Place = new LinkedListNode<ConnectionLease>(this);
    }

    /// <summary>Where it comes from.</summary>
    public EndPoint? Peer { get; }

    /// <summary>Those that come from the same place.</summary>
    internal ConnectionOrigin Origin { get; }

    /// <summary>When it came, a timestamp.</summary>
    internal long Came { get; }

    /// <summary>Among the pending.</summary>
    internal LinkedListNode<ConnectionLease> Place { get; }

    /// <summary>What the quota holds it for; changed under its lock only.</summary>
    internal LeaseState State { get; set; }

    /// <summary>Requests that are under way; changed under the quota's lock only.</summary>
    internal int Uses { get; set; }

    /// <summary>The first byte has come; those that are silent give way first.</summary>
    internal bool HasSpoken { get; set; }

    /// <summary>Makes it one of the proven, which give way to nobody, until <see cref="Rest"/> was called as often, or the connection
    /// ends.</summary>
    /// <returns>False: it is over, or as many are proven as the port takes; the caller ends it.</returns>
    public bool Prove() => _quota.Prove(this);

    /// <summary>Makes it one of the pending again, as one that has just come.</summary>
    public void Rest() => _quota.Rest(this);

    /// <summary>Frees the place; repeating it changes nothing.</summary>
    internal void Release() => _quota.Release(this);

    /// <summary>Says how the connection is ended, when it has to give way: at once, if it has to already.</summary>
    internal void EndBy(Action end)
    {
        lock (_ending)
        {
            _end = end;
            if (!_isOver)
                return;
        }

        end();
    }

    /// <summary>Ends the connection; the place is free already.</summary>
    internal void End()
    {
        Action? end;
        lock (_ending)
            (_isOver, end) = (true, _end);
        end?.Invoke();
    }
}

/// <summary>What a connection counts as.</summary>
enum LeaseState
{
    Pending,
    Proven,
    Over,
}

/// <summary>The connections of one remote address. Changed under the quota's lock only.</summary>
sealed class ConnectionOrigin(IPAddress address)
{
    public IPAddress Address => address;

    public int Pending { get; set; }

    public int Proven { get; set; }
}
