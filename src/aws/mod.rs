//! ECS and ELBv2 behind one port of two verbs, `observe` and `perform`.
