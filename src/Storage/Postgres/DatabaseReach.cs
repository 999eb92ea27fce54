namespace CoKe.Storage.Postgres;

/// <summary>For how long this silo has, or has not, heard from the database, as <see cref="PostgresHost"/> looks.</summary>
sealed class DatabaseReach(TimeProvider time)
{
    readonly Lock _lock = new();
    long _answered = time.GetTimestamp();
    long? _missed;

    /// <summary>For how long nothing was heard.</summary>
    public TimeSpan Silence
    {
        get
        {
            lock (_lock)
                return time.GetElapsedTime(_answered);
        }
    }

    /// <summary>Whether the silence is long enough to give way to a silo that has the database.</summary>
    public bool IsLost => Silence >= DatabaseTimes.Steady;

    /// <summary>
    /// Whether every look was answered for as long as another silo has been waiting before it gives way. A database that comes back to all
    /// of them is found by one silo first; this one then has not had it while the others had not.
    /// </summary>
    public bool IsKept
    {
        get
        {
            lock (_lock)
                return _missed is not { } missed || time.GetElapsedTime(missed) >= DatabaseTimes.Steady;
        }
    }

    /// <summary>A look was answered.</summary>
    public void Heard()
    {
        lock (_lock)
            _answered = time.GetTimestamp();
    }

    /// <summary>A look was not answered.</summary>
    public void Missed()
    {
        lock (_lock)
            _missed = time.GetTimestamp();
    }
}
