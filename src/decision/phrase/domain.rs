//! What questions are about.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a phrasing is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Domain {
    /// One's own money: bare lotteries, bets and savings.
    OwnMoney,
    /// A firm's budget.
    Firm,
    /// A client's money.
    Client,
    /// A farm: its harvest in tonnes, or in the money that it brings.
    Harvest,
    /// Machine-hours of a plant.
    MachineHours,
    /// Points of a game.
    Points,
}

impl Domain {
    /// Every domain, in the order of tables.
    pub const ALL: [Self; 6] =
        [Self::OwnMoney, Self::Firm, Self::Client, Self::Harvest, Self::MachineHours, Self::Points];

    /// The domain's name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OwnMoney => "own money",
            Self::Firm => "firm",
            Self::Client => "client",
            Self::Harvest => "harvest",
            Self::MachineHours => "machine-hours",
            Self::Points => "points",
        }
    }

    /// Whether it is about business and investment: a firm, a client or a farm.
    pub const fn is_finance(self) -> bool {
        matches!(self, Self::Firm | Self::Client | Self::Harvest)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
